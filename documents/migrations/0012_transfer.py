from __future__ import annotations

from django.db import migrations, models

KINDS = [
    ("archive", "Zip archive"),
    ("page", "Web page"),
    ("sitemap", "Sitemap"),
    ("folder", "Folder"),
    ("bucket", "Object store"),
    ("transfer", "Corpus from elsewhere"),
]
REASONS = [
    ("replaced", "A document it rests on has a newer version."),
    ("deleted", "A document it rests on was deleted."),
    ("moved", "Not all of its passages were found when the corpus was taken in."),
]


class Migration(migrations.Migration):
    dependencies = [("documents", "0011_queue_turns")]

    operations = [
        migrations.AlterField(
            model_name="source",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
        migrations.AlterField(
            model_name="approvedanswer",
            name="reason",
            field=models.CharField(blank=True, choices=REASONS, max_length=10),
        ),
    ]
