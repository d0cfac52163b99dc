from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0009_ingestion_of_any_file")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="is_scan",
            field=models.BooleanField(default=False),
        ),
    ]
