from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0007_index_generations_beside"),
    ]

    operations = [
        migrations.AddField(
            model_name="corpus",
            name="words_only",
            field=models.BooleanField(default=False, verbose_name="whole words only"),
        ),
    ]
