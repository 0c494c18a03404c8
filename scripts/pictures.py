"""Take the pictures of the README from a freshly seeded demonstration: make pictures."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"
TALK = (
    ("wangfang", "今晚谁去跳广场舞"),
    ("wangfang", "3栋1单元门禁坏了，刷卡没反应，老人进不来"),
    ("liqiang", "我家也是，早上就进不来了"),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def say(page: Page, url: str, sender: str, words: str) -> None:
    """Write in the group of building 3 as somebody of the cast."""
    await page.goto(f"{url}/simulator?as={sender}&room=xfl-3")
    await page.get_by_placeholder("说点什么").fill(words)
    await page.get_by_role("button", name="发送").click()
    await page.wait_for_timeout(1_500)


async def take(url: str, logins: dict[str, str]) -> None:
    """Both pictures, of a phone and of an office screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        phone = await browser.new_page(viewport={"width": 390, "height": 720})
        for sender, words in TALK:
            await say(phone, url, sender, words)
        await phone.wait_for_timeout(2_500)
        await phone.reload()
        await phone.screenshot(path=FOLDER / "group-chat.png")
        desk = await browser.new_page(viewport={"width": 1280, "height": 720})
        await desk.goto(f"{url}/console/login")
        await desk.get_by_label("登录名").fill("wushuji")
        await desk.get_by_label("密码").fill(logins["wushuji"])
        await desk.get_by_role("button", name="登录").click()
        await desk.goto(f"{url}/console/cases")
        await desk.get_by_text("门禁坏了").first.click()
        await desk.wait_for_load_state("networkidle")
        await desk.screenshot(path=FOLDER / "console.png")
        await browser.close()


def main() -> None:
    """Serve a fresh demonstration, take the pictures, end it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="yunshequ-pictures-") as folder:
        env = {
            **os.environ,
            "YUNSHEQU_DATA_DIR": folder,
            "YUNSHEQU_LISTEN": f"127.0.0.1:{port}",
            "YUNSHEQU_LOG_LEVEL": "ERROR",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve", "--demo"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if "Ctrl-C" in line:
                    break
            for _ in range(100):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 0.2).close()
                    break
            logins = json.loads((Path(folder) / "demo-logins.json").read_text("utf-8"))
            asyncio.run(take(f"http://127.0.0.1:{port}", logins))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
            process.stdout.close()


if __name__ == "__main__":
    main()
