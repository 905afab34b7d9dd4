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
    "Remove": "移除",
    "{action}? [Y/n] ": "{action}？[Y/n] ",
    "Imagest Workstation {version} is installed ({profile}).":
        "Imagest 工作站 {version} 已安装（{profile}）。",
    "To start it by name, add {folder} to PATH; the menu has it, too.":
        "如需按名称启动，请将 {folder} 加入 PATH；也可从菜单启动。",
    "{count} damaged files were replaced.": "已替换 {count} 个损坏的文件。",
    "The installation is complete.": "安装完整无缺。",
    "Imagest Workstation will be removed from {folder}.": "将从 {folder} 移除 Imagest 工作站。",
    "Removed.": "已移除。",
    "Removed. Settings and models are kept in: {folders}": "已移除。设置和模型保留在：{folders}",
    "imagest: using {version}; run imagest-launcher to upgrade.":
        "imagest：正在使用 {version}；运行 imagest-launcher 可升级。",
    "Imagest Workstation is not set up for this user yet; run: imagest-launcher --yes":
        "尚未为当前用户安装 Imagest 工作站；请运行：imagest-launcher --yes",
    "Nothing was installed, because nobody can be asked; add --yes to begin.":
        "无法询问用户，因此未安装任何内容；请加上 --yes 以开始。",
    "No dialog can be shown; start imagest-launcher in a terminal.":
        "无法显示对话框；请在终端中运行 imagest-launcher。",
    "Python {low} to {high} is needed and this is {found}; install a suitable Python and start again.":
        "需要 Python {low} 至 {high}，当前为 {found}；请安装合适的 Python 后重新启动。",
    "This installer has no profile “{name}”; choose one of: {names}.":
        "此安装程序没有配置“{name}”；请从以下选择：{names}。",
    "The installer in {folder} is incomplete ({reason}); unpack or download it again.":
        "{folder} 中的安装程序不完整（{reason}）；请重新解压或下载。",
    "Another installation of Imagest Workstation is running; wait until it has finished.":
        "另一个 Imagest 工作站安装正在进行；请等待其完成。",
    "What was installed before is kept.": "之前安装的内容已保留。",
    "The installed program does not start; see {log} and run: imagest-launcher --repair":
        "安装的程序无法启动；请查看 {log}，并运行：imagest-launcher --repair",
    "The disk of {place} has {free} free and {needed} are needed; make room, or set IMAGEST_INSTALLATION "
    "to a folder on another disk.":
        "{place} 所在磁盘可用 {free}，需要 {needed}；请腾出空间，或将 IMAGEST_INSTALLATION "
        "设为另一磁盘上的文件夹。",
    "The disk of {place} is full; make room and start again: what was unpacked is used. Or "
    "set IMAGEST_INSTALLATION to a folder on another disk.":
        "{place} 所在磁盘已满；请腾出空间后重新启动，已解压的内容会继续使用。也可将 IMAGEST_INSTALLATION "
        "设为另一磁盘上的文件夹。",
    "{place} can't be written ({reason}); allow it, or set IMAGEST_INSTALLATION to a folder "
    "that can be written.":
        "无法写入 {place}（{reason}）；请允许写入，或将 IMAGEST_INSTALLATION 设为可写的文件夹。",
    "{place} can't be used ({reason}); correct that and start again.":
        "无法使用 {place}（{reason}）；请更正后重新启动。",
    "uv could not be started ({reason}: {path}); unpack the installer again.":
        "无法启动 uv（{reason}：{path}）；请重新解压安装程序。",
    "no reason": "原因不明",
    "The packages could not be installed, because the disk is full; make room and start again: "
    "what was unpacked is used. Details: {log}":
        "磁盘已满，无法安装软件包；请腾出空间后重新启动，已解压的内容会继续使用。详情：{log}",
    "The packages could not be installed ({reason}); unpack the offline archive again and "
    "keep its folder in place. Details: {log}":
        "无法安装软件包（{reason}）；请重新解压离线安装包，并保留其文件夹。详情：{log}",
    "The packages could not be installed ({reason}); check the network connection and start "
    "again, or use the offline archive. Details: {log}":
        "无法安装软件包（{reason}）；请检查网络连接后重新启动，或使用离线安装包。详情：{log}",
}  # fmt: skip


def tr(text: str, **values: object) -> str:
    """Return ``text`` in the user's language, with ``values`` inserted."""
    return (CHINESE.get(text, text) if _chinese() else text).format(**values)


def _chinese() -> bool:
    """Whether the system's language is Chinese: as gettext, and so the installed program, decide it."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    if stated := next(filter(None, names), ""):
        preferred = os.environ.get("LANGUAGE", "").partition(":")[0]
        return (stated if stated.split(".")[0] in ("C", "POSIX") else preferred or stated).startswith("zh")
    return (locale.getlocale()[0] or "").startswith(("zh", "Chinese"))


def size(count: int) -> str:
    """Return a number of bytes in MB or GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
