from __future__ import annotations

from django.urls import path

from backoffice.views import corpora, documents, overview, people, preview, teams, turns, uploads

app_name = "backoffice"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("corpora/", corpora.corpora, name="corpora"),
    path("corpora/export/", corpora.export, name="corpora_export"),
    path("corpora/new/", corpora.create, name="corpus_new"),
    path("corpora/<uuid:corpus>/", corpora.corpus, name="corpus"),
    path("corpora/<uuid:corpus>/people/", corpora.people, name="corpus_people"),
    path("corpora/<uuid:corpus>/people/<uuid:grant>/", corpora.revoke, name="corpus_revoke"),
    path("corpora/<uuid:corpus>/documents/", corpora.documents, name="corpus_documents"),
    path("documents/", documents.documents, name="documents"),
    path("documents/export/", documents.export, name="documents_export"),
    path("documents/upload/", uploads.upload, name="upload"),
    path("documents/work/", uploads.work, name="work"),
    path("documents/delete/", documents.delete, name="documents_delete"),
    path("documents/restore/", documents.restore, name="documents_restore"),
    path("documents/retry/", documents.retry, name="documents_retry"),
    path("documents/<uuid:document>/", preview.document, name="document"),
    path("documents/<uuid:document>/rename/", documents.rename, name="document_rename"),
    path("documents/<uuid:document>/purge/", documents.purge, name="document_purge"),
    path("versions/<uuid:version>/retry/", uploads.retry, name="version_retry"),
    path("versions/<uuid:version>/cancel/", uploads.cancel, name="version_cancel"),
    path("turns/", turns.turns, name="turns"),
    path("turns/export/", turns.export, name="turns_export"),
    path("turns/<uuid:answer>/", turns.turn, name="turn"),
    path("turns/<uuid:answer>/replays/", turns.begin, name="turn_replay"),
    path("turns/<uuid:answer>/replays/<uuid:replay>/", turns.replay, name="turn_result"),
    path("people/", people.people, name="people"),
    path("people/export/", people.export, name="people_export"),
    path("people/new/", people.create, name="person_new"),
    path("people/<uuid:person>/", people.person, name="person"),
    path("people/<uuid:person>/activity/", people.activity, name="person_activity"),
    path("teams/", teams.teams, name="teams"),
    path("teams/export/", teams.export, name="teams_export"),
    path("teams/new/", teams.create, name="team_new"),
    path("teams/<uuid:team>/", teams.team, name="team"),
    path("teams/<uuid:team>/delete/", teams.delete, name="team_delete"),
]
