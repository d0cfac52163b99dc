from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0005_approved_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="media_types",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
