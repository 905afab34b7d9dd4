"""Texts of the launcher in the user's language."""

from __future__ import annotations

import locale
import os

CHINESE = {
    "Imagest Workstation": "Imagest 工作站",
    "Install": "安装",
    "Cancel": "取消",
    "Close": "关闭",
    "Imagest Workstation {version} will be installed for this user (packages: {profile}).":
        "将为当前用户安装 Imagest 工作站 {version}（软件包：{profile}）。",
    "Download: {download}. On disk: {disk}, in {folder}. Time: about {minutes} min at 50 Mbit/s.":
        "下载：{download}。磁盘占用：{disk}，位于 {folder}。时间：50 Mbit/s 网络下约 {minutes} 分钟。",
    "Nothing is downloaded. On disk: {disk}, in {folder}. Time: about {minutes} min.":
        "无需下载。磁盘占用：{disk}，位于 {folder}。时间：约 {minutes} 分钟。",
    "Settings, models and projects are kept.": "设置、模型和项目会保留。",
    "Making the environment": "正在创建环境",
    "Installing packages": "正在安装软件包",
    "Checking the installation": "正在检查安装",
    "Installed.": "安装完成。",
    "Cancelled; the installation continues where it stopped when you start it again.":
        "已取消；再次启动时，安装会从停下的地方继续。",
}  # fmt: skip


def tr(text: str, **values: object) -> str:
    """Return ``text`` in the user's language, with ``values`` inserted."""
    return (CHINESE.get(text, text) if _chinese() else text).format(**values)


def _chinese() -> bool:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.startswith("zh")
    return (locale.getlocale()[0] or "").startswith(("zh", "Chinese"))


def size(count: int) -> str:
    """Return a number of bytes in MB or GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
