def test_x(tiny_dataset):
    from lcpipe.pipeline.dataset.reading import open_dataset
    d = open_dataset(str(tiny_dataset))
    print(d.line_columns, d.splits(), d.count(), d.find(next(d.rows())["id"][:8]), d.drops().to_pylist())
    import shutil; shutil.copytree(tiny_dataset, "/tmp/contract/tiny", dirs_exist_ok=True)
    assert 0
