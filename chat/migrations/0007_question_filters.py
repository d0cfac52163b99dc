from __future__ import annotations

from django.db import migrations, models


def put_media_types_into_filters(apps, _schema_editor):
    for name in ("Message", "TurnLog"):
        rows = apps.get_model("chat", name).objects.exclude(media_types=[])
        for pk, media_types in list(rows.values_list("pk", "media_types")):
            rows.model.objects.filter(pk=pk).update(filters={"media_types": media_types})


def take_media_types_out_of_filters(apps, _schema_editor):
    for name in ("Message", "TurnLog"):
        rows = apps.get_model("chat", name).objects.exclude(filters={})
        for pk, filters in list(rows.values_list("pk", "filters")):
            media_types = filters.get("media_types", [])
            rows.model.objects.filter(pk=pk).update(media_types=media_types)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0006_message_media_types"),
    ]

    operations = [
        migrations.AddField("message", "filters", models.JSONField(blank=True, default=dict)),
        migrations.AddField("turnlog", "filters", models.JSONField(default=dict)),
        migrations.RunPython(put_media_types_into_filters, take_media_types_out_of_filters),
        migrations.RemoveField("message", "media_types"),
        migrations.RemoveField("turnlog", "media_types"),
    ]
