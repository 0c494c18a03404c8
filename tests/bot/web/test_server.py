"""What holds for every page: headers, tokens of forms, trouble in words, health."""


async def test_answers_carry_a_strict_policy(browser):
    await browser.get("/")

    assert browser.status == 200
    policy = browser.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["Cache-Control"] == "no-store"


async def test_landing(browser):
    page = await browser.get("/")

    assert "幸福里社区" in page
