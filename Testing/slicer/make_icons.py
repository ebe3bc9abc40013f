"""Draws the module's icons and the sample's thumbnail: ``python Testing/slicer/make_icons.py`` (needs PySide6)."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QImage, QPainter, QPen, QPolygonF

ROOT = Path(__file__).resolve().parents[2]
ICON_PX = 128
THUMBNAIL = (260, 280)


def icon() -> QImage:
    """A bone above the layers of a print."""
    image = QImage(ICON_PX, ICON_PX, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(QColor("#1f5f8b")))
    painter.drawRoundedRect(QRectF(2, 2, 124, 124), 22, 22)
    painter.setBrush(QBrush(QColor("#efe2c6")))
    for x, y in ((38, 24), (58, 20), (70, 92), (90, 86)):
        painter.drawEllipse(QRectF(x - 2, y - 2, 28, 28))
    painter.drawPolygon(QPolygonF([QPointF(46, 36), QPointF(74, 32), QPointF(94, 100), QPointF(72, 104)]))
    painter.setPen(QPen(QColor("#1f5f8b"), 2.5))
    for y in range(66, 116, 7):
        painter.drawLine(QPointF(20, y), QPointF(108, y))
    painter.setPen(QPen(QColor("#f2a541"), 6))
    painter.drawLine(QPointF(18, 117), QPointF(110, 117))
    painter.end()
    return image


def thumbnail() -> QImage:
    """The phantom's model on white, as the demo draws it."""
    model = QImage(str(ROOT / "Resources" / "demo_model.png"))
    width, height = THUMBNAIL
    scaled = model.scaled(
        width, height, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    return scaled.copy((scaled.width() - width) // 2, (scaled.height() - height) // 2, width, height)


if __name__ == "__main__":
    application = QGuiApplication([])
    icons = ROOT / "PrintPrep" / "Resources" / "Icons"
    icons.mkdir(parents=True, exist_ok=True)
    for path in (ROOT / "Resources" / "PrintPrep.png", icons / "PrintPrep.png"):
        icon().save(str(path))
    thumbnail().save(str(icons / "PrintPrepPhantom.png"))
