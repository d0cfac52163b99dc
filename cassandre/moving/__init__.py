"""An embedded installation on its way to PostgreSQL, S3 and Qdrant: `manage.py move_to_services`.

    check     the target answers, is empty and new enough; the source is up to date and stopped
    database  all rows in one transaction, compared table by table
    files     each file of the store, read back and compared
    index     all points with their vectors, as they are
    verify    index against rows, and the same searches on both sides

The source is only read. Each step may be cut off anywhere: what is done is in a small file beside
the data (state.py), and the next run goes on from there.
"""
