"""Slicer's panel without Slicer: an offscreen host for tests of scripted modules.

PySide6 is given PythonQt's habits, ``qt`` and ``ctk`` and what the slicer-core wheel lacks of ``slicer`` are put into
``sys.modules``, over real MRML nodes in a real scene. A test writes::

    pytest_plugins = ("Testing.slicer.host.plugin",)

    def test_apply(host, tmp_path):
        panel = host.open("PrintPrep/PrintPrep.py")      # load, setup, enter; panel is the PrintPrepWidget
        host.choose(panel.ui.inputSelector, node)        # node, or the text of an entry
        panel.ui.limitSpinBox.value = 1.5
        host.click(panel.ui.applyButton)                 # refuses a hidden or disabled button
        assert host.pump(30, until=lambda: panel.ui.applyButton.enabled)
        host.screenshot(panel.parent, tmp_path / "panel.png")

The test then fails by itself on an exception in a slot, observer or timer, on unraisable exceptions, on Qt warnings
(unknown signal in a .ui file, a layout set twice), on VTK errors and warnings, on observers left on the scene or its
nodes after the panel is closed, on a wait cursor left on, on rendering left paused, and on answers never asked for.

``host.load(path)``          module without panel; ``module._h_load_seconds``, ``module._h_imported`` (new modules)
``host.leave(panel)``        exit(); ``host.enter(panel)`` enter(); ``host.close_scene()``;
``host.save_scene(path)``    .mrb; ``host.load_scene(path)`` closes and reads
``host.scene``               the fresh vtkMRMLScene, also ``slicer.mrmlScene``: colors, segmentations, markups, subject
                             hierarchy logics are set up, three slice views, a 3D view and its camera exist as nodes
``host.pump(s, until=f)``    lets timers and processes work; gives whether ``f`` came true
``host.choose, type_text``   what a user's hands do
``host.dialogs``             ``shown`` (kind, text, title, details), ``texts("error")``; ``answer(True, path, None)``
                             gives the answers to the next questions; an unforeseen question fails the test
``host.expect_exception(E)`` context in which a slot must raise E (``tryWithErrorDisplay`` shows and raises again)
``host.expect_vtk_messages`` takes VTK messages that were meant to come
``host.packages``            ``missing`` (names that count as not installed), ``offline``, ``ensured``, ``installed``
``host.samples.sources``     what was registered with SampleData
``host.visited_modules``     where ``slicer.util.selectModule`` went
``host.app``                 ``slicer.app``; ``host.app.layoutManager().counts`` counts resets of views

Widgets: all of Qt; ctkCollapsibleButton, ctkCollapsibleGroupBox, ctkSliderWidget, ctkDoubleSpinBox, ctkRangeWidget,
ctkComboBox, ctkCheckBox, ctkDirectoryButton, ctkPathLineEdit, ctkColorPickerButton, ctkMessageBox,
ctkFittedTextBrowser; qMRMLWidget, qMRMLNodeComboBox, qMRMLSliderWidget, qMRMLSpinBox, qMRMLRangeWidget,
qMRMLSegmentSelectorWidget, qMRMLSegmentsTableView, qSlicerMarkupsPlaceWidget. Any other class in a .ui file raises.
They offer what the C++ headers give to Python: ``collapsed = True``, not ``setCollapsed(True)``; ``minimum = 0``, not
``setRange``. Names that begin with ``_h_`` belong to the host: a panel must not touch them.

Where the environment variable PRINTPREP_SLICER_SOURCE names a checkout of Slicer's source, Slicer's own
ScriptedLoadableModule, parameterNodeWrapper and i18n are used in place of the doubles.

Known differences: a node selector here never chooses a node by itself (in Slicer one without any extra entry may take
the first node that comes); values of the wrong type are refused by Qt's own widgets, not by all stand-ins; children
are attributes of the widget that ``loadUI`` gives, not of every widget; ``isinstance(w, qt.QWidget)`` is true for CTK
and Slicer widgets, which in Slicer it is not; subject hierarchy items are not made by themselves.

What passes here is wiring, state and regressions. It is no evidence that a panel works in Slicer: looks of CTK
widgets, timing, views, ownership of C++ objects and Slicer's own modules are not there.
"""
