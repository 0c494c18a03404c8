"""Where the labelled data for judging are; tests that need them skip in one clear line."""

import pytest

from nlp.corpus import testdata


@pytest.fixture(scope="session")
def judged():
    """The path of a file of public data, or a skip when the data are not at hand."""

    def path(name):
        file = testdata() / name
        if not file.exists():
            pytest.skip(
                f"没有 {name}：公开数据不随项目发布，放到 YUNSHEQU_TESTDATA 指的文件夹才判分"
            )
        return file

    return path
