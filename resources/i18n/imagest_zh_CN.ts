<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Imagest Workstation</source>
        <translation>关于 Imagest 工作站</translation>
    </message>
    <message>
        <source>Imagest Workstation {0}</source>
        <translation>Imagest 工作站 {0}</translation>
    </message>
    <message>
        <source>Fills only the damaged pixels of a painting’s scan, on this computer, and verifies that all others are unchanged. A fill is a hypothesis, not the artist’s work.</source>
        <translation>在本机上只填补绘画扫描件中受损的像素，并验证其余像素均未改变。填补是一种假设，并非艺术家的原作。</translation>
    </message>
    <message>
        <source>Based on Hu et al., npj Heritage Science (2025). Licensed under the Apache License 2.0.</source>
        <translation>基于 Hu 等人，npj Heritage Science（2025）。采用 Apache 许可证 2.0。</translation>
    </message>
    <message>
        <source>Copy diagnostics</source>
        <translation>复制诊断信息</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>库</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Libraries</source>
        <translation>库</translation>
    </message>
    <message>
        <source>not installed</source>
        <translation>未安装</translation>
    </message>
    <message>
        <source>Enter or a double click shows the licence’s text.</source>
        <translation>按回车或双击可显示许可证全文。</translation>
    </message>
</context>
<context>
    <name>ActionHandlers</name>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Projects</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>Save project</source>
        <translation>保存项目</translation>
    </message>
    <message>
        <source>Changes are not saved</source>
        <translation>更改尚未保存</translation>
    </message>
    <message>
        <source>The project could not be saved. Close it and lose the latest changes?</source>
        <translation>无法保存项目。是否关闭并丢失最近的更改？</translation>
    </message>
    <message>
        <source>The diagnostics were copied to the clipboard.</source>
        <translation>诊断信息已复制到剪贴板。</translation>
    </message>
    <message>
        <source>Import a mask</source>
        <translation>导入蒙版</translation>
    </message>
    <message>
        <source>Export the mask</source>
        <translation>导出蒙版</translation>
    </message>
    <message>
        <source>Export the damage statistics</source>
        <translation>导出损伤统计</translation>
    </message>
    <message>
        <source>Choose a donor picture</source>
        <translation>选择风格来源图片</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>&amp;Open…</source>
        <translation>打开(&amp;O)…</translation>
    </message>
    <message>
        <source>Open the &amp;sample</source>
        <translation>打开示例(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
    <message>
        <source>Save &amp;project</source>
        <translation>保存项目(&amp;P)</translation>
    </message>
    <message>
        <source>Save project &amp;as…</source>
        <translation>项目另存为(&amp;A)…</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>导出(&amp;E)…</translation>
    </message>
    <message>
        <source>Se&amp;ttings…</source>
        <translation>设置(&amp;T)…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>Copy &amp;diagnostics</source>
        <translation>复制诊断信息(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Fit in window</source>
        <translation>适合窗口(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Actual pixels (100 %)</source>
        <translation>实际像素（100 %）(&amp;A)</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Single view</source>
        <translation>单视图(&amp;S)</translation>
    </message>
    <message>
        <source>Sid&amp;e by side</source>
        <translation>并排(&amp;E)</translation>
    </message>
    <message>
        <source>Swipe &amp;curtain</source>
        <translation>卷帘(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Blink</source>
        <translation>闪烁(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Difference map</source>
        <translation>差异图(&amp;D)</translation>
    </message>
    <message>
        <source>Fli&amp;p original and restored</source>
        <translation>切换原件与修复件(&amp;P)</translation>
    </message>
    <message>
        <source>Show &amp;mask</source>
        <translation>显示蒙版(&amp;M)</translation>
    </message>
    <message>
        <source>Show dilated mar&amp;gin</source>
        <translation>显示扩展区(&amp;G)</translation>
    </message>
    <message>
        <source>D&amp;etect cracks</source>
        <translation>检测裂纹(&amp;E)</translation>
    </message>
    <message>
        <source>Detect &amp;losses by ground colour</source>
        <translation>按底料颜色检测缺失(&amp;L)</translation>
    </message>
    <message>
        <source>Show acc&amp;epted fills only</source>
        <translation>仅显示已接受的填补(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Copy parameters into the panel</source>
        <translation>将参数复制到面板(&amp;C)</translation>
    </message>
    <message>
        <source>Move the view, also during a stroke</source>
        <translation>移动视图，绘制途中亦可</translation>
    </message>
    <message>
        <source>Show the original</source>
        <translation>显示原件</translation>
    </message>
    <message>
        <source>Straight lines and right angles</source>
        <translation>直线和直角</translation>
    </message>
    <message>
        <source>Cancel the stroke</source>
        <translation>取消笔画</translation>
    </message>
    <message>
        <source>Export &amp;marked picture…</source>
        <translation>导出标注图片(&amp;M)…</translation>
    </message>
    <message>
        <source>Q&amp;ueue…</source>
        <translation>队列(&amp;U)…</translation>
    </message>
    <message>
        <source>Select &amp;everything</source>
        <translation>全选(&amp;E)</translation>
    </message>
    <message>
        <source>Select the &amp;visible part</source>
        <translation>选择可见部分(&amp;V)</translation>
    </message>
    <message>
        <source>Select this c&amp;lass</source>
        <translation>选择此类别(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Invert selection</source>
        <translation>反转选区(&amp;I)</translation>
    </message>
    <message>
        <source>Remove sele&amp;ction</source>
        <translation>移除选区(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Zoom to selection</source>
        <translation>缩放到所选(&amp;Z)</translation>
    </message>
    <message>
        <source>Rotate view &amp;left</source>
        <translation>向左旋转视图(&amp;L)</translation>
    </message>
    <message>
        <source>Rotate view rig&amp;ht</source>
        <translation>向右旋转视图(&amp;H)</translation>
    </message>
    <message>
        <source>Upright view</source>
        <translation>恢复视图方向</translation>
    </message>
    <message>
        <source>Compare &amp;variations</source>
        <translation>比较变体(&amp;V)</translation>
    </message>
    <message>
        <source>Show &amp;tiles of the restoration</source>
        <translation>显示修复分块(&amp;T)</translation>
    </message>
    <message>
        <source>Show &amp;reconstruction</source>
        <translation>显示重建部分(&amp;R)</translation>
    </message>
    <message>
        <source>Probe: &amp;where a pixel comes from</source>
        <translation>探查：像素的来源(&amp;W)</translation>
    </message>
    <message>
        <source>Mask palette &amp;1: class colours</source>
        <translation>蒙版配色 &amp;1：类别颜色</translation>
    </message>
    <message>
        <source>Mask palette &amp;2: bright colours</source>
        <translation>蒙版配色 &amp;2：鲜明颜色</translation>
    </message>
    <message>
        <source>Show notes</source>
        <translation>显示注释</translation>
    </message>
    <message>
        <source>Show scale bar</source>
        <translation>显示比例尺</translation>
    </message>
    <message>
        <source>Hatched mas&amp;k</source>
        <translation>以影线显示蒙版(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;Move the view</source>
        <translation>移动视图(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Brush</source>
        <translation>画笔(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Eraser</source>
        <translation>橡皮(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Lasso</source>
        <translation>套索(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Polygon</source>
        <translation>多边形(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Rectangle</source>
        <translation>矩形(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Wand</source>
        <translation>魔棒(&amp;W)</translation>
    </message>
    <message>
        <source>&amp;Fill or clear a region</source>
        <translation>填充或清除区域(&amp;F)</translation>
    </message>
    <message>
        <source>Draw a &amp;style reference</source>
        <translation>绘制风格参考(&amp;S)</translation>
    </message>
    <message>
        <source>Sele&amp;ct a rectangle</source>
        <translation>选择矩形(&amp;C)</translation>
    </message>
    <message>
        <source>Selec&amp;t with the lasso</source>
        <translation>用套索选择(&amp;T)</translation>
    </message>
    <message>
        <source>Meas&amp;ure and calibrate</source>
        <translation>测量与标定(&amp;U)</translation>
    </message>
    <message>
        <source>Write a &amp;note</source>
        <translation>书写注释(&amp;N)</translation>
    </message>
    <message>
        <source>Swap brush and era&amp;ser</source>
        <translation>切换画笔与橡皮(&amp;S)</translation>
    </message>
    <message>
        <source>S&amp;maller brush</source>
        <translation>缩小画笔(&amp;M)</translation>
    </message>
    <message>
        <source>Lar&amp;ger brush</source>
        <translation>放大画笔(&amp;G)</translation>
    </message>
    <message>
        <source>S&amp;ubtract with lasso, rectangle and wand</source>
        <translation>用套索、矩形和魔棒减去(&amp;U)</translation>
    </message>
    <message>
        <source>Paint &amp;over other classes</source>
        <translation>覆盖其他类别(&amp;O)</translation>
    </message>
    <message>
        <source>Gro&amp;w class by 1 px</source>
        <translation>类别扩展 1 像素(&amp;W)</translation>
    </message>
    <message>
        <source>Shrin&amp;k class by 1 px</source>
        <translation>类别收缩 1 像素(&amp;K)</translation>
    </message>
    <message>
        <source>In&amp;vert</source>
        <translation>反转(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Clear this class</source>
        <translation>清除此类别(&amp;C)</translation>
    </message>
    <message>
        <source>Clear &amp;all damage</source>
        <translation>清除全部损伤(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Derive from a clean picture…</source>
        <translation>由完好图片生成(&amp;D)…</translation>
    </message>
    <message>
        <source>Lear&amp;n from strokes</source>
        <translation>从笔画学习(&amp;N)</translation>
    </message>
    <message>
        <source>Clean &amp;rim</source>
        <translation>清理边缘(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Import a mask…</source>
        <translation>导入蒙版(&amp;I)…</translation>
    </message>
    <message>
        <source>E&amp;xport the mask…</source>
        <translation>导出蒙版(&amp;X)…</translation>
    </message>
    <message>
        <source>Export s&amp;tatistics…</source>
        <translation>导出统计(&amp;T)…</translation>
    </message>
    <message>
        <source>&amp;Suggest intact regions</source>
        <translation>建议完好区域(&amp;S)</translation>
    </message>
    <message>
        <source>Use the s&amp;uggestions</source>
        <translation>采用建议(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Donor picture…</source>
        <translation>风格来源图片(&amp;D)…</translation>
    </message>
    <message>
        <source>&amp;Remove all references</source>
        <translation>移除所有参考(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Restore everything</source>
        <translation>修复全部(&amp;R)</translation>
    </message>
    <message>
        <source>Restore the &amp;visible part</source>
        <translation>修复可见部分(&amp;V)</translation>
    </message>
    <message>
        <source>Restore this re&amp;gion again</source>
        <translation>重新修复此区域(&amp;G)</translation>
    </message>
    <message>
        <source>&amp;New seed</source>
        <translation>新种子(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>取消(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Models…</source>
        <translation>模型(&amp;M)…</translation>
    </message>
    <message>
        <source>&amp;Previous result</source>
        <translation>上一结果(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Next result</source>
        <translation>下一结果(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Show result beside the original</source>
        <translation>并排显示结果与原图(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Accept result</source>
        <translation>接受结果(&amp;A)</translation>
    </message>
    <message>
        <source>Re&amp;ject result</source>
        <translation>拒绝结果(&amp;J)</translation>
    </message>
    <message>
        <source>&amp;Discard result…</source>
        <translation>丢弃结果(&amp;D)…</translation>
    </message>
    <message>
        <source>Rena&amp;me result…</source>
        <translation>重命名结果(&amp;M)…</translation>
    </message>
    <message>
        <source>Next &amp;unreviewed region</source>
        <translation>下一个未审阅区域(&amp;U)</translation>
    </message>
    <message>
        <source>Next re&amp;gion</source>
        <translation>下一区域(&amp;G)</translation>
    </message>
    <message>
        <source>Previous regi&amp;on</source>
        <translation>上一区域(&amp;O)</translation>
    </message>
    <message>
        <source>Accept &amp;this region</source>
        <translation>接受此区域(&amp;T)</translation>
    </message>
    <message>
        <source>Reject t&amp;his region</source>
        <translation>拒绝此区域(&amp;H)</translation>
    </message>
    <message>
        <source>Reject a part with the &amp;brush</source>
        <translation>用画笔拒绝一部分(&amp;B)</translation>
    </message>
    <message>
        <source>Reject a part with the &amp;lasso</source>
        <translation>用套索拒绝一部分(&amp;L)</translation>
    </message>
    <message>
        <source>Restore the rejected part aga&amp;in</source>
        <translation>重新修复被拒绝的部分(&amp;I)</translation>
    </message>
    <message>
        <source>Make h&amp;ypotheses</source>
        <translation>生成假设(&amp;Y)</translation>
    </message>
    <message>
        <source>Re&amp;fine hypothesis</source>
        <translation>细化假设(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Manual</source>
        <translation>使用手册(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;About Imagest Workstation</source>
        <translation>关于 Imagest 工作站(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Tools</source>
        <translation>工具(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Mask</source>
        <translation>蒙版(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Style</source>
        <translation>风格(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>修复(&amp;R)</translation>
    </message>
    <message>
        <source>R&amp;esults</source>
        <translation>结果(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>Zoom at the cursor</source>
        <translation>在光标处缩放</translation>
    </message>
    <message>
        <source>Change the brush size by dragging</source>
        <translation>拖动改变画笔大小</translation>
    </message>
    <message>
        <source>Erase with lasso, polygon, rectangle, wand or fill</source>
        <translation>用套索、多边形、矩形、魔棒或填充工具擦除</translation>
    </message>
    <message>
        <source>Take back a rejected part</source>
        <translation>收回被拒绝的部分</translation>
    </message>
    <message>
        <source>Add to the selection, or subtract from it</source>
        <translation>添加到选区，或从选区减去</translation>
    </message>
    <message>
        <source>Accept one of the variations side by side</source>
        <translation>接受并排变体中的一个</translation>
    </message>
</context>
<context>
    <name>AdapterEditor</name>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Add an adapter</source>
        <translation>添加适配器</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>{0} adapter: {1}, {2} steps, text strength {3}.</source>
        <translation>{0} 适配器：{1}，{2} 步，文字强度 {3}。</translation>
    </message>
    <message>
        <source>Leave out {0}</source>
        <translation>去掉 {0}</translation>
    </message>
    <message>
        <source>No adapter that fits is installed; add some under Models</source>
        <translation>没有安装合适的适配器；请在“模型”中添加</translation>
    </message>
</context>
<context>
    <name>AddingBar</name>
    <message>
        <source>Scans added</source>
        <translation>已添加的扫描件</translation>
    </message>
    <message>
        <source>Stop adding</source>
        <translation>停止添加</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
</context>
<context>
    <name>Advanced</name>
    <message>
        <source>The same seed gives the same fill</source>
        <translation>相同的种子得到相同的填补</translation>
    </message>
    <message>
        <source>New seed</source>
        <translation>新种子</translation>
    </message>
    <message>
        <source>Keep this seed for the next restoration</source>
        <translation>下次修复保留此种子</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>How many fills of the same seed are made</source>
        <translation>用同一种子生成多少个填补</translation>
    </message>
    <message>
        <source>The number of the first of them</source>
        <translation>其中第一个的编号</translation>
    </message>
    <message>
        <source>First variation</source>
        <translation>第一个变体</translation>
    </message>
    <message>
        <source>from no.</source>
        <translation>起始编号</translation>
    </message>
    <message>
        <source>Variations</source>
        <translation>变体数</translation>
    </message>
    <message>
        <source>Show the tiles on the canvas</source>
        <translation>在画布上显示分块</translation>
    </message>
    <message>
        <source>Show the tiles with the intact paint around (context windows)   K</source>
        <translation>显示分块及其周围的完好画面（上下文窗口）   K</translation>
    </message>
</context>
<context>
    <name>AnnotationEditor</name>
    <message>
        <source>Text of the note</source>
        <translation>注释文字</translation>
    </message>
    <message>
        <source>Note; Enter saves it</source>
        <translation>注释；按 Enter 保存</translation>
    </message>
    <message>
        <source>Save note</source>
        <translation>保存注释</translation>
    </message>
    <message>
        <source>Remove note</source>
        <translation>移除注释</translation>
    </message>
</context>
<context>
    <name>ArchivedResultsMenu</name>
    <message>
        <source>Restore a discarded &amp;result</source>
        <translation>恢复已丢弃的结果(&amp;R)</translation>
    </message>
    <message numerus="yes">
        <source>{0} · {1}, %n region(s)</source>
        <translation>
            <numerusform>{0} · {1}，%n 个区域</numerusform>
        </translation>
    </message>
    <message>
        <source>No discarded results</source>
        <translation>没有已丢弃的结果</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Copy diagnostics</source>
        <translation>复制诊断信息</translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation>关闭此消息</translation>
    </message>
</context>
<context>
    <name>CanvasView</name>
    <message>
        <source>Canvas</source>
        <translation>画布</translation>
    </message>
</context>
<context>
    <name>Choices</name>
    <message>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
</context>
<context>
    <name>ClassList</name>
    <message>
        <source>New damage class</source>
        <translation>新建损伤类别</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>All {0} damage classes exist already: rename one that you do not need.</source>
        <translation>{0} 个损伤类别已全部存在：请重命名一个不需要的类别。</translation>
    </message>
</context>
<context>
    <name>ClassRow</name>
    <message>
        <source>Rename class</source>
        <translation>重命名类别</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Colour of {0}</source>
        <translation>{0}的颜色</translation>
    </message>
    <message>
        <source>Double-click to rename</source>
        <translation>双击重命名</translation>
    </message>
    <message>
        <source>fill</source>
        <translation>填补</translation>
    </message>
    <message>
        <source>record</source>
        <translation>仅记录</translation>
    </message>
    <message>
        <source>Recorded and measured, but not filled. Click to protect it.</source>
        <translation>只记录和测量，不填补。点击则保护。</translation>
    </message>
    <message>
        <source>protect</source>
        <translation>保护</translation>
    </message>
    <message>
        <source>Never filled, grown into, or used as a style reference. Click to fill it.</source>
        <translation>永不填补、不被扩展进入、不用作风格参考。点击则填补。</translation>
    </message>
    <message>
        <source>Filled by a restoration. Click to record it without filling.</source>
        <translation>修复时填补。点击改为仅记录。</translation>
    </message>
    <message>
        <source>The pixels of {0} are no longer protected: a restoration fills them.</source>
        <translation>“{0}”的像素不再受保护：修复会填补它们。</translation>
    </message>
    <message>
        <source>Protect again</source>
        <translation>重新保护</translation>
    </message>
    <message>
        <source>Hide {0}</source>
        <translation>隐藏{0}</translation>
    </message>
    <message>
        <source>Show {0}</source>
        <translation>显示{0}</translation>
    </message>
    <message>
        <source>Unlock {0}</source>
        <translation>解锁{0}</translation>
    </message>
    <message>
        <source>Lock {0} against painting</source>
        <translation>锁定{0}，禁止绘制</translation>
    </message>
</context>
<context>
    <name>Classes</name>
    <message>
        <source>loss</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>crack</source>
        <translation>裂纹</translation>
    </message>
    <message>
        <source>abrasion</source>
        <translation>磨损</translation>
    </message>
    <message>
        <source>stain</source>
        <translation>污渍</translation>
    </message>
    <message>
        <source>tear</source>
        <translation>撕裂</translation>
    </message>
    <message>
        <source>overpaint</source>
        <translation>重绘</translation>
    </message>
    <message>
        <source>protected</source>
        <translation>受保护</translation>
    </message>
    <message>
        <source>%n piece(s)</source>
        <translation>%n 处</translation>
    </message>
    <message>
        <source>centreline {0}</source>
        <translation>中线长 {0}</translation>
    </message>
    <message>
        <source>The scale is unknown: measure the distance between two points to set it.</source>
        <translation>比例未知：请测量两点间的距离来设定。</translation>
    </message>
    <message>
        <source>TIFF tags</source>
        <translation>TIFF 标签</translation>
    </message>
    <message>
        <source>two points</source>
        <translation>两点测量</translation>
    </message>
</context>
<context>
    <name>CleanPicture</name>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Choose a clean picture of the work</source>
        <translation>选择作品的完好图片</translation>
    </message>
    <message>
        <source>no clean picture chosen</source>
        <translation>未选择完好图片</translation>
    </message>
</context>
<context>
    <name>CompareArea</name>
    <message>
        <source>Second canvas</source>
        <translation>第二画布</translation>
    </message>
    <message>
        <source>Reading the scan: {0}</source>
        <translation>正在读取扫描件：{0}</translation>
    </message>
    <message>
        <source>Reading the scan…</source>
        <translation>正在读取扫描件…</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原件</translation>
    </message>
    <message>
        <source>Restored: nothing yet</source>
        <translation>修复件：尚无</translation>
    </message>
    <message>
        <source>Restored, under review</source>
        <translation>修复件，审阅中</translation>
    </message>
    <message>
        <source>Restored</source>
        <translation>修复件</translation>
    </message>
</context>
<context>
    <name>ContactView</name>
    <message>
        <source>Choose results</source>
        <translation>选择结果</translation>
    </message>
    <message>
        <source>Refine</source>
        <translation>细化</translation>
    </message>
    <message>
        <source>Refine the marked hypothesis</source>
        <translation>细化所标记的假设</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Close   Esc</source>
        <translation>关闭   Esc</translation>
    </message>
    <message>
        <source>Variations side by side</source>
        <translation>并排的变体</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原图</translation>
    </message>
    <message>
        <source>Choose a region under Review to compare its variations.</source>
        <translation>请在“审阅”中选择一个区域，以比较它的变体。</translation>
    </message>
    <message>
        <source>One result of this region so far: restore it again for more.</source>
        <translation>此区域目前只有一个结果：再次修复即可得到更多。</translation>
    </message>
    <message>
        <source>{0} of {1} variations: a click or the number accepts one, undo takes it back</source>
        <translation>{1} 个变体中的 {0} 个：单击或按数字键即接受，可撤销</translation>
    </message>
    <message>
        <source>{0}   Result {1}</source>
        <translation>{0}   结果 {1}</translation>
    </message>
</context>
<context>
    <name>Core</name>
    <message>
        <source>The TIFF file&apos;s structure is damaged; save it again with the program that created it.</source>
        <translation>该 TIFF 文件的结构已损坏；请用原来的程序重新保存。</translation>
    </message>
    <message>
        <source>The picture&apos;s data are damaged and can&apos;t be decoded.</source>
        <translation>图像数据已损坏，无法解码。</translation>
    </message>
    <message>
        <source>The file is truncated: a part of the picture is missing.</source>
        <translation>文件被截断：缺少部分图像。</translation>
    </message>
    <message>
        <source>A damage class needs a colour like #d62828, not &apos;{colour}&apos;.</source>
        <translation>损伤类别需要形如 #d62828 的颜色，而不是 “{colour}”。</translation>
    </message>
    <message>
        <source>A damage class needs a label from 1 to {largest}, not {label}.</source>
        <translation>损伤类别需要 1 到 {largest} 的标号，而不是 {label}。</translation>
    </message>
    <message>
        <source>A directory of the file contains itself.</source>
        <translation>文件的目录包含自身。</translation>
    </message>
    <message>
        <source>A mask is written as .png or .tif, not as &apos;{path}&apos;.</source>
        <translation>蒙版应写成 .png 或 .tif，而不是 “{path}”。</translation>
    </message>
    <message>
        <source>A mask of several classes is written as .png, not as &apos;{path}&apos;.</source>
        <translation>多类别的蒙版以 .png 写出，而不是“{path}”。</translation>
    </message>
    <message>
        <source>A model of ONNX graphs can&apos;t synthesize pictures: choose the model that it was exported from.</source>
        <translation>由 ONNX 计算图组成的模型不能生成图片：请选择导出它的原模型。</translation>
    </message>
    <message>
        <source>A model of ONNX graphs takes no adapters: leave them out, or choose the model that it was exported from.</source>
        <translation>由 ONNX 计算图组成的模型不能使用适配器：请不要使用适配器，或选择导出它的原模型。</translation>
    </message>
    <message>
        <source>A model of ONNX graphs takes no study: leave it out, or choose the model that it was exported from.</source>
        <translation>由 ONNX 计算图组成的模型不能使用对画作的学习结果：请不要使用它，或选择导出它的原模型。</translation>
    </message>
    <message>
        <source>A model {name} exists already; choose another --name, or --force to replace it.</source>
        <translation>已有名为 {name} 的模型；请选择其他 --name，或用 --force 替换。</translation>
    </message>
    <message>
        <source>Accept region {number}</source>
        <translation>接受区域 {number}</translation>
    </message>
    <message>
        <source>Accept {count} regions</source>
        <translation>接受 {count} 个区域</translation>
    </message>
    <message>
        <source>Add class {name}</source>
        <translation>添加类别 {name}</translation>
    </message>
    <message>
        <source>Add style region</source>
        <translation>添加风格区域</translation>
    </message>
    <message>
        <source>An additional channel of the written file differs from the scan&apos;s near {x}, {y}; it was not kept.</source>
        <translation>写出的文件的附加通道在 {x}, {y} 附近与扫描件不同；未予保留。</translation>
    </message>
    <message>
        <source>Annotate</source>
        <translation>添加备注</translation>
    </message>
    <message>
        <source>At most {count} style pictures can be given.</source>
        <translation>最多可给出 {count} 张风格图片。</translation>
    </message>
    <message>
        <source>At {x}, {y} the file doesn&apos;t hold the fill of run {run}.</source>
        <translation>在 {x}, {y} 处，文件中没有第 {run} 次修复的填补。</translation>
    </message>
    <message>
        <source>Bring back result</source>
        <translation>恢复结果</translation>
    </message>
    <message>
        <source>Brush stroke</source>
        <translation>画笔笔画</translation>
    </message>
    <message>
        <source>Carried into the TIFF in another form: {part}.</source>
        <translation>以另一种形式写入 TIFF：{part}。</translation>
    </message>
    <message>
        <source>Change class of region</source>
        <translation>更改区域类别</translation>
    </message>
    <message>
        <source>Clear class</source>
        <translation>清除类别</translation>
    </message>
    <message>
        <source>Clear mask</source>
        <translation>清除蒙版</translation>
    </message>
    <message>
        <source>Clear region</source>
        <translation>清除区域</translation>
    </message>
    <message>
        <source>Colour profile (tag {tag}), which isn&apos;t used</source>
        <translation>未使用的颜色配置文件（标签 {tag}）</translation>
    </message>
    <message>
        <source>Derive cracks</source>
        <translation>检测裂纹</translation>
    </message>
    <message>
        <source>Derive difference</source>
        <translation>检测差异</translation>
    </message>
    <message>
        <source>Derive losses</source>
        <translation>检测缺失</translation>
    </message>
    <message>
        <source>Discard result</source>
        <translation>丢弃结果</translation>
    </message>
    <message>
        <source>EXIF thumbnail (tag {tag})</source>
        <translation>EXIF 缩略图（标签 {tag}）</translation>
    </message>
    <message>
        <source>Edit notes</source>
        <translation>编辑备注</translation>
    </message>
    <message>
        <source>Embedded preview (tag {tag})</source>
        <translation>内嵌预览（标签 {tag}）</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>擦除</translation>
    </message>
    <message>
        <source>Fill class</source>
        <translation>填补类别</translation>
    </message>
    <message>
        <source>Fill region</source>
        <translation>填充区域</translation>
    </message>
    <message>
        <source>Further XMP ({where})</source>
        <translation>另外的 XMP（{where}）</translation>
    </message>
    <message>
        <source>Grow class</source>
        <translation>扩展类别</translation>
    </message>
    <message>
        <source>Hide class</source>
        <translation>隐藏类别</translation>
    </message>
    <message>
        <source>IPTC preview (data set 2:202 in tag {tag})</source>
        <translation>IPTC 预览（标签 {tag} 中的数据集 2:202）</translation>
    </message>
    <message>
        <source>Import {file}</source>
        <translation>导入 {file}</translation>
    </message>
    <message>
        <source>Invert mask</source>
        <translation>反转蒙版</translation>
    </message>
    <message>
        <source>JPEG 2000 boxes {names}</source>
        <translation>JPEG 2000 数据盒 {names}</translation>
    </message>
    <message>
        <source>JPEG segments {names}</source>
        <translation>JPEG 段 {names}</translation>
    </message>
    <message>
        <source>JPEG thumbnail (tag {tag})</source>
        <translation>JPEG 缩略图（标签 {tag}）</translation>
    </message>
    <message>
        <source>Kept as it is: {part}.</source>
        <translation>原样保留：{part}。</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Lock class</source>
        <translation>锁定类别</translation>
    </message>
    <message>
        <source>Maker note (EXIF tag {tag})</source>
        <translation>厂商注释（EXIF 标签 {tag}）</translation>
    </message>
    <message>
        <source>Maker note preview (EXIF tag {tag})</source>
        <translation>厂商注释中的预览（EXIF 标签 {tag}）</translation>
    </message>
    <message>
        <source>Move style region</source>
        <translation>移动风格区域</translation>
    </message>
    <message>
        <source>No bare ground was found in the painting: pick its colour, or learn the damage from strokes.</source>
        <translation>画中未找到裸露的底料：请选取其颜色，或通过笔画学习损伤。</translation>
    </message>
    <message>
        <source>Not carried into the TIFF, so only the scan has it: {part}.</source>
        <translation>未写入 TIFF，仅保留在扫描件中：{part}。</translation>
    </message>
    <message>
        <source>Not even one window fits in the free memory: close other programs, or choose the CPU.</source>
        <translation>空闲内存连一个窗口也放不下：请关闭其他程序，或选择 CPU。</translation>
    </message>
    <message>
        <source>Only record class</source>
        <translation>类别仅作记录</translation>
    </message>
    <message>
        <source>Only {inliers} of {points} details agree on the alignment: {remedy}.</source>
        <translation>{points} 处细节中只有 {inliers} 处对图片的位置一致：{remedy}。</translation>
    </message>
    <message>
        <source>Orientation (tag {tag}), by turning the picture upright</source>
        <translation>方向（标签 {tag}），画面已转正</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>轮廓</translation>
    </message>
    <message>
        <source>PNG chunks {names}</source>
        <translation>PNG 数据块 {names}</translation>
    </message>
    <message>
        <source>PNG text {keyword}</source>
        <translation>PNG 文本 {keyword}</translation>
    </message>
    <message>
        <source>PNG text {keyword}, besides the EXIF chunk</source>
        <translation>PNG 文本 {keyword}（EXIF 块之外）</translation>
    </message>
    <message>
        <source>PNG text {keyword}, which is damaged</source>
        <translation>已损坏的 PNG 文本 {keyword}</translation>
    </message>
    <message>
        <source>Page {number} of the file</source>
        <translation>文件的第 {number} 页</translation>
    </message>
    <message>
        <source>Photoshop layers (tag {tag})</source>
        <translation>Photoshop 图层（标签 {tag}）</translation>
    </message>
    <message>
        <source>Photoshop preview (resource {number} in tag {tag})</source>
        <translation>Photoshop 预览（标签 {tag} 中的资源 {number}）</translation>
    </message>
    <message>
        <source>Photoshop preview (tag {tag})</source>
        <translation>Photoshop 预览（标签 {tag}）</translation>
    </message>
    <message>
        <source>Photoshop thumbnail (resource {number} in tag {tag})</source>
        <translation>Photoshop 缩略图（标签 {tag} 中的资源 {number}）</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Recolour class</source>
        <translation>更改类别颜色</translation>
    </message>
    <message>
        <source>Reconsider region {number}</source>
        <translation>重新考虑区域 {number}</translation>
    </message>
    <message>
        <source>Reconsider {count} regions</source>
        <translation>重新考虑 {count} 个区域</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Reduced copy of {width} × {height} pixels (SubIFDs, tag {tag})</source>
        <translation>{width} × {height} 像素的缩小副本（SubIFDs，标签 {tag}）</translation>
    </message>
    <message>
        <source>Reduced copy of {width} × {height} pixels (page {page}, tag {tag})</source>
        <translation>{width} × {height} 像素的缩小副本（第 {page} 页，标签 {tag}）</translation>
    </message>
    <message>
        <source>Region {number} is no longer marked as damage: restore something else.</source>
        <translation>区域 {number} 已不再标为损伤；请修复别处。</translation>
    </message>
    <message>
        <source>Reject region {number}</source>
        <translation>拒绝区域 {number}</translation>
    </message>
    <message>
        <source>Reject {count} regions</source>
        <translation>拒绝 {count} 个区域</translation>
    </message>
    <message>
        <source>Remove donor picture</source>
        <translation>移除风格来源图片</translation>
    </message>
    <message>
        <source>Remove style references</source>
        <translation>移除风格参考</translation>
    </message>
    <message>
        <source>Remove style region</source>
        <translation>移除风格区域</translation>
    </message>
    <message>
        <source>Removed, as it shows the picture before the restoration: {part}.</source>
        <translation>已删除，因为它显示修复前的画面：{part}。</translation>
    </message>
    <message>
        <source>Rename class to {name}</source>
        <translation>类别重命名为 {name}</translation>
    </message>
    <message>
        <source>Restore with {engine}</source>
        <translation>用 {engine} 修复</translation>
    </message>
    <message>
        <source>Result {number} is damaged in the project file: `imagest project rescue` reads what can be read.</source>
        <translation>项目文件中的结果 {number} 已损坏：`imagest project rescue` 可读出尚能读取的内容。</translation>
    </message>
    <message>
        <source>Result {number} is no longer stored: restore again with its settings.</source>
        <translation>结果 {number} 已不再保留：请用其参数重新修复。</translation>
    </message>
    <message>
        <source>Review region</source>
        <translation>审阅区域</translation>
    </message>
    <message>
        <source>Run {number} filled pixels, but its record doesn&apos;t name their scan.</source>
        <translation>第 {number} 次修复填补了像素，但其记录未说明所填的是哪个文件。</translation>
    </message>
    <message>
        <source>Run {number} was computed from a file that isn&apos;t the scan of this project.</source>
        <translation>第 {number} 次修复所用的不是本项目的扫描件。</translation>
    </message>
    <message>
        <source>Set donor picture</source>
        <translation>设定风格来源图片</translation>
    </message>
    <message>
        <source>Set operator</source>
        <translation>设定操作者</translation>
    </message>
    <message>
        <source>Set scale by two points</source>
        <translation>由两点设定比例</translation>
    </message>
    <message>
        <source>Set scale from the file</source>
        <translation>由文件设定比例</translation>
    </message>
    <message>
        <source>Set style reference</source>
        <translation>设定风格参考</translation>
    </message>
    <message>
        <source>Show class</source>
        <translation>显示类别</translation>
    </message>
    <message>
        <source>Shrink class</source>
        <translation>收缩类别</translation>
    </message>
    <message>
        <source>Software (tag {tag})</source>
        <translation>软件（标签 {tag}）</translation>
    </message>
    <message>
        <source>Tag {tag} in the EXIF block, besides that of the file</source>
        <translation>EXIF 块中的标签 {tag}（文件另有一个）</translation>
    </message>
    <message>
        <source>Tag {tag}, whose value is damaged</source>
        <translation>标签 {tag}，其值已损坏</translation>
    </message>
    <message>
        <source>Tags of the old encoding: {tags}</source>
        <translation>原编码的标签：{tags}</translation>
    </message>
    <message>
        <source>Texts for {names}, as the XMP is damaged</source>
        <translation>{names} 的文本，因为 XMP 已损坏</translation>
    </message>
    <message>
        <source>The clean picture can&apos;t be aligned precisely, since its details are shifted unevenly: {remedy}.</source>
        <translation>无法精确对齐完好图片：其细节位移不均；{remedy}。</translation>
    </message>
    <message>
        <source>The clean picture can&apos;t be aligned precisely, since too few of its details match: {remedy}.</source>
        <translation>无法精确对齐完好图片：能匹配的细节太少；{remedy}。</translation>
    </message>
    <message>
        <source>The clean picture can&apos;t be aligned precisely: {remedy}.</source>
        <translation>无法精确对齐完好图片：{remedy}。</translation>
    </message>
    <message>
        <source>The clean picture differs too much from the damaged one to be aligned: {remedy}.</source>
        <translation>完好图片与受损的图片相差太大，无法叠合：{remedy}。</translation>
    </message>
    <message>
        <source>The clean picture doesn&apos;t match the damaged one after alignment: {remedy}.</source>
        <translation>完好图片叠上后与受损的图片不符：{remedy}。</translation>
    </message>
    <message>
        <source>The clean picture is {width} × {height} pixels but the damaged one is {damaged_width} × {damaged_height}: enable the alignment.</source>
        <translation>完好图片为 {width} × {height} 像素，而受损的为 {damaged_width} × {damaged_height}：请让程序对齐。</translation>
    </message>
    <message>
        <source>The clean picture shows only {share} of the damaged one: choose one that shows it all.</source>
        <translation>完好图片只显示了受损图片的 {share}：请选择能完整显示的一张。</translation>
    </message>
    <message>
        <source>The clean picture would have to be distorted too much to fit: {remedy}.</source>
        <translation>完好图片须过度变形才能吻合：{remedy}。</translation>
    </message>
    <message>
        <source>The colour profile {profile} can&apos;t be inverted exactly: converting there and back differs by up to {largest} of 255 (mean {mean}), in filled pixels only.</source>
        <translation>颜色配置文件 {profile} 无法精确逆转：来回转换最多相差 {largest}/255（平均 {mean}），仅影响填补的像素。</translation>
    </message>
    <message>
        <source>The colour profile {profile} is a lookup table: converting there and back differs by up to {largest} of 255 (mean {mean}), in filled pixels only.</source>
        <translation>颜色配置文件 {profile} 是查找表：来回转换最多相差 {largest}/255（平均 {mean}），仅影响填补的像素。</translation>
    </message>
    <message>
        <source>The damage at {x}, {y} is {thickness} pixels thick, more than this engine sees at the scan&apos;s own scale ({largest}); choose the automatic scale.</source>
        <translation>{x}, {y} 处的损伤厚 {thickness} 像素，超过此引擎在扫描件原尺度下的视野（{largest}）；请选择自动尺度。</translation>
    </message>
    <message>
        <source>The damage model was learned from the scan alone: leave out the further pictures.</source>
        <translation>该损伤模型只用扫描件学习：请不要使用其他图片。</translation>
    </message>
    <message>
        <source>The damage model was learned with further pictures of the work ({expected}; {count} given): use the same kinds of pictures in the same order.</source>
        <translation>该损伤模型学习时还用了作品的其他图片（{expected} 张，现给出 {count} 张）：请按相同顺序使用同类图片。</translation>
    </message>
    <message>
        <source>The disk became full while {target} was written; free some space or choose another disk.</source>
        <translation>写入 {target} 时磁盘已满；请腾出空间或另选磁盘。</translation>
    </message>
    <message>
        <source>The disk that holds {name} is full: free some space, or save on another disk; the work is still open.</source>
        <translation>{name} 所在的磁盘已满：请腾出空间，或保存到另一磁盘；工作仍处于打开状态。</translation>
    </message>
    <message>
        <source>The engine must be text, not {engine}.</source>
        <translation>引擎必须是文本，而不是 {engine}。</translation>
    </message>
    <message>
        <source>The engine {engine} makes no pictures from text; choose one of {engines}.</source>
        <translation>引擎 {engine} 不能根据文字生成图片；请选择 {engines} 之一。</translation>
    </message>
    <message>
        <source>The engine {engine} needs a model of yours: add one under Models (imagest models add PATH).</source>
        <translation>引擎 {engine} 需要您提供模型：请在“模型”中添加（imagest models add PATH）。</translation>
    </message>
    <message>
        <source>The model is a {name}, which can&apos;t fill holes; choose a model for inpainting.</source>
        <translation>该模型是 {name}，无法填补缺损；请选择用于修补的模型。</translation>
    </message>
    <message>
        <source>The pipeline {pipeline} can&apos;t run the model {model} ({reason}); choose another model.</source>
        <translation>管线 {pipeline} 无法运行模型 {model}（{reason}）；请选择其他模型。</translation>
    </message>
    <message>
        <source>The study diverged: use a smaller learning rate.</source>
        <translation>研究发散：请使用更小的学习率。</translation>
    </message>
    <message>
        <source>The study doesn&apos;t help and is discarded: on intact parts that it did not see, its error went from {before} to {after} (standard error {error}).</source>
        <translation>研究无效，已丢弃：在未参与研究的完好部分，误差从 {before} 变为 {after}（标准误差 {error}）。</translation>
    </message>
    <message>
        <source>The study helps: on intact parts that it did not see, its error fell from {before} to {after} (standard error {error}).</source>
        <translation>研究有效：在未参与研究的完好部分，误差从 {before} 降到 {after}（标准误差 {error}）。</translation>
    </message>
    <message>
        <source>The style adapter {name} doesn&apos;t fit this model ({reason}); choose the model it was trained for.</source>
        <translation>风格适配器 {name} 不适合此模型（{reason}）；请选择训练它时所用的模型。</translation>
    </message>
    <message>
        <source>This ONNX Runtime has no CUDA: install onnxruntime-gpu, or choose the CPU.</source>
        <translation>此 ONNX Runtime 不支持 CUDA：请安装 onnxruntime-gpu，或选择 CPU。</translation>
    </message>
    <message>
        <source>{name} isn&apos;t a LoRA, and only a LoRA can be one for few steps.</source>
        <translation>{name} 不是 LoRA，只有 LoRA 可以设为少步数。</translation>
    </message>
    <message>
        <source>{name} of the model {folder} doesn&apos;t match its description: import it again.</source>
        <translation>模型 {folder} 的 {name} 与其说明不符：请重新导入。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read ({reason}): {advice}.</source>
        <translation>{path} 无法读取（{reason}）：{advice}。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be understood as a list of ONNX graphs ({reason}): {advice}.</source>
        <translation>{path} 无法解读为 ONNX 计算图的清单（{reason}）：{advice}。</translation>
    </message>
    <message>
        <source>{path} has no part &apos;{value}&apos;: choose from {values}.</source>
        <translation>{path} 中没有部分“{value}”：请从 {values} 中选择。</translation>
    </message>
    <message>
        <source>{path} is cut short (it contains no picture): get an intact copy of it.</source>
        <translation>{path} 不完整：其中没有图像；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is cut short (it ends before its last row): get an intact copy of it.</source>
        <translation>{path} 不完整：在最后一行之前就结束了；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is cut short (some of its {kind} are too small): get an intact copy of it.</source>
        <translation>{path} 不完整：部分{kind}小于其大小所需；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is cut short (some of its {kind} lie outside the file): get an intact copy of it.</source>
        <translation>{path} 不完整：部分{kind}在文件之外；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is cut short (the end of its data is missing): get an intact copy of it.</source>
        <translation>{path} 不完整：缺少数据的结尾；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is cut short (too few bytes for {width} × {height} px): get an intact copy of it.</source>
        <translation>{path} 不完整：字节数不足以构成 {width} × {height} 像素；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is cut short ({size} of its {end} bytes exist): get an intact copy of it.</source>
        <translation>{path} 不完整：{end} 个字节中只有 {size} 个；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is damaged (its tiles or strips have no size): get an intact copy of it.</source>
        <translation>{path} 已损坏：其分块或条带没有大小；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is damaged (one of its tiles or strips is too small): get an intact copy of it.</source>
        <translation>{path} 已损坏：其中一个分块或条带过小；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is damaged ({offsets} of {expected} {kind} are listed): get an intact copy of it.</source>
        <translation>{path} 已损坏：{expected} 个{kind}中只列出 {offsets} 个；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a damage model: choose a file that was saved as one.</source>
        <translation>{path} 不是损伤模型：请选择保存为损伤模型的文件。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a graph of the Imagest network that ONNX Runtime can use: {advice}.</source>
        <translation>{path} 不是 ONNX Runtime 可用的 Imagest 网络计算图：{advice}。</translation>
    </message>
    <message>
        <source>{path} was changed after it was exported: {advice}.</source>
        <translation>{path} 在导出后被更改：{advice}。</translation>
    </message>
    <message>
        <source>{path}: the tensor {name} has values that aren&apos;t finite.</source>
        <translation>{path}：张量 {name} 含有非有限值。</translation>
    </message>
    <message>
        <source>The engine {engine} has no parameter {unknown}; its parameters are: {known}.</source>
        <translation>引擎 {engine} 没有参数 {unknown}；它的参数有：{known}。</translation>
    </message>
    <message>
        <source>The engine {engine} {reads}: leave out {flag}.</source>
        <translation>引擎 {engine} {reads}：请去掉 {flag}。</translation>
    </message>
    <message>
        <source>The exported file can&apos;t be read: {reason}</source>
        <translation>无法读取导出的文件：{reason}</translation>
    </message>
    <message>
        <source>The exported file is of another kind than the scan: its {name} differs.</source>
        <translation>导出的文件与扫描件类型不同：{name} 不一致。</translation>
    </message>
    <message>
        <source>The file differs from the scan outside the accepted fills, first at {x}, {y}.</source>
        <translation>文件在已接受的填补之外与扫描件不同，首处位于 {x}, {y}。</translation>
    </message>
    <message>
        <source>The file has no colour profile: sRGB is assumed.</source>
        <translation>文件没有颜色配置文件：按 sRGB 处理。</translation>
    </message>
    <message>
        <source>The file is black and white (1 bit); it is read as 8-bit grey.</source>
        <translation>文件为黑白（1 位）；按 8 位灰度读取。</translation>
    </message>
    <message>
        <source>The file is animated; its first picture is shown.</source>
        <translation>文件为动画；显示第一幅。</translation>
    </message>
    <message>
        <source>Every sample is converted, so nothing in the file is identical to the scan.</source>
        <translation>每个样本都会被转换，因此文件中没有任何内容与扫描件完全相同。</translation>
    </message>
    <message>
        <source>Colours outside the sRGB gamut are clipped.</source>
        <translation>超出 sRGB 的颜色将被裁切。</translation>
    </message>
    <message>
        <source>No fill is accepted yet: accept some before exporting.</source>
        <translation>尚未接受任何填补：请先接受再导出。</translation>
    </message>
    <message>
        <source>Nothing was exported from this project yet: name the file to verify.</source>
        <translation>此项目尚未导出过任何文件：请指明要验证的文件。</translation>
    </message>
    <message>
        <source>The mask is empty: mark some damage (white on black) first.</source>
        <translation>蒙版为空：请先标出损伤（黑底白色）。</translation>
    </message>
    <message>
        <source>The mask is empty: mark the damage to be filled first.</source>
        <translation>蒙版为空：请先标出要填补的损伤。</translation>
    </message>
    <message>
        <source>The mask covers the whole picture and leaves nothing intact: white must be the damage.</source>
        <translation>蒙版覆盖了整幅图像，没有留下完好之处：白色应表示损伤。</translation>
    </message>
    <message>
        <source>choose another clean picture, or align the two first</source>
        <translation>请另选一张完好图片，或先将两者对齐</translation>
    </message>
    <message>
        <source>The scale needs two different points and the millimetres between them.</source>
        <translation>比例尺需要两个不同的点以及它们之间的毫米数。</translation>
    </message>
    <message>
        <source>A damage class needs a name.</source>
        <translation>损伤类别需要名称。</translation>
    </message>
    <message>
        <source>Every damage class needs a label of its own, and at least one class is needed.</source>
        <translation>每个损伤类别都需要自己的标号，且至少需要一个类别。</translation>
    </message>
    <message>
        <source>JFIF thumbnail (JPEG segment APP0)</source>
        <translation>JFIF 缩略图（JPEG 段 APP0）</translation>
    </message>
    <message>
        <source>Preview in the EXIF block</source>
        <translation>EXIF 块中的预览</translation>
    </message>
    <message>
        <source>EXIF block, which is damaged</source>
        <translation>已损坏的 EXIF 块</translation>
    </message>
    <message>
        <source>Second EXIF block (JPEG segment APP1)</source>
        <translation>第二个 EXIF 块（JPEG 段 APP1）</translation>
    </message>
    <message>
        <source>GeoTIFF box, which is damaged</source>
        <translation>已损坏的 GeoTIFF 数据盒</translation>
    </message>
    <message>
        <source>Extended XMP (JPEG segment APP1), which is incomplete</source>
        <translation>不完整的扩展 XMP（JPEG 段 APP1）</translation>
    </message>
    <message>
        <source>XResolution, YResolution and ResolutionUnit in the EXIF block</source>
        <translation>EXIF 块中的 XResolution、YResolution 和 ResolutionUnit</translation>
    </message>
    <message>
        <source>the first</source>
        <translation>第一页</translation>
    </message>
    <message>
        <source>tiles</source>
        <translation>分块</translation>
    </message>
    <message>
        <source>strips</source>
        <translation>条带</translation>
    </message>
    <message>
        <source>somebody</source>
        <translation>某人</translation>
    </message>
    <message>
        <source>is damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>convert it to 8- or 16-bit RGB</source>
        <translation>转换为 8 位或 16 位 RGB</translation>
    </message>
    <message>
        <source>convert it to 16-bit RGB or grey</source>
        <translation>转换为 16 位 RGB 或灰度</translation>
    </message>
    <message>
        <source>&apos;{name}&apos; can&apos;t be a model&apos;s name; choose another with --name.</source>
        <translation>“{name}”不能作为模型名称；请用 --name 另选。</translation>
    </message>
    <message>
        <source>Result {number} was made by the engine {engine}, which this version doesn&apos;t have: choose the settings yourself.</source>
        <translation>结果 {number} 由引擎 {engine} 生成，而此版本没有该引擎：请自行选择设置。</translation>
    </message>
    <message>
        <source>The engine {engine} returned invalid samples at {x}, {y}; please report this.</source>
        <translation>引擎 {engine} 在 {x}, {y} 处返回了无效的样本；请报告此问题。</translation>
    </message>
    <message>
        <source>The engine {engine} takes {expected}, not {given}.</source>
        <translation>引擎 {engine} 需要 {expected}，而不是 {given}。</translation>
    </message>
    <message>
        <source>The file has {depth} bits per sample; it is read as 8-bit grey.</source>
        <translation>文件每个样本 {depth} 位；按 8 位灰度读取。</translation>
    </message>
    <message>
        <source>The file has {pages} pages; {shown} is shown.</source>
        <translation>文件有 {pages} 页；显示的是{shown}。</translation>
    </message>
    <message>
        <source>The file leaves out {missing} of its {kind}; their samples are read as 0.</source>
        <translation>文件省略了 {missing} 个{kind}；其样本按 0 读取。</translation>
    </message>
    <message>
        <source>The file&apos;s colour profile {reason}: sRGB is assumed instead.</source>
        <translation>文件的颜色配置文件{reason}：改按 sRGB 处理。</translation>
    </message>
    <message>
        <source>The fill at {x}, {y} did not reach the written file; it was not kept.</source>
        <translation>{x}, {y} 处的填补未写入文件；未予保留。</translation>
    </message>
    <message>
        <source>The folder {parent} doesn&apos;t exist; create it or choose another.</source>
        <translation>文件夹 {parent} 不存在；请创建或另选一个。</translation>
    </message>
    <message>
        <source>The mask can&apos;t be read: {reason}</source>
        <translation>无法读取蒙版：{reason}</translation>
    </message>
    <message>
        <source>The mask has {width} × {height} pixels, the painting {painting_width} × {painting_height}; give a mask of the painting&apos;s size.</source>
        <translation>蒙版为 {width} × {height} 像素，画作为 {painting_width} × {painting_height}；请使用与画作大小相同的蒙版。</translation>
    </message>
    <message>
        <source>The mask is {width} × {height} pixels but the scan is {scan_width} × {scan_height}: export it again at the scan&apos;s size.</source>
        <translation>蒙版为 {width} × {height} 像素，而扫描件为 {scan_width} × {scan_height}：请按扫描件的大小重新导出。</translation>
    </message>
    <message>
        <source>The mask {path} can&apos;t be read: {reason}.</source>
        <translation>无法读取蒙版 {path}：{reason}。</translation>
    </message>
    <message>
        <source>The mask {path} can&apos;t be read; it is damaged or of an unknown kind.</source>
        <translation>无法读取蒙版 {path}；它已损坏或类型未知。</translation>
    </message>
    <message>
        <source>The mask {path} declares {width} × {height} pixels, too many to read: raise the limit on the command line with --max-pixels.</source>
        <translation>蒙版 {path} 声明的大小为 {width} × {height} 像素，过大而无法读取：请在命令行用 --max-pixels 提高上限。</translation>
    </message>
    <message>
        <source>The mask {path} has colours: save it as one grey channel, white for damage.</source>
        <translation>蒙版 {path} 含有颜色：请存为单个灰度通道，白色表示损伤。</translation>
    </message>
    <message>
        <source>The mask {path} has samples of an unknown kind: save it as 8-bit grey.</source>
        <translation>蒙版 {path} 的样本类型未知：请保存为 8 位灰度。</translation>
    </message>
    <message>
        <source>The mask {path} has samples that are not numbers: save it as 8-bit grey, white for damage.</source>
        <translation>蒙版 {path} 含有非数值的样本：请保存为 8 位灰度，白色表示损伤。</translation>
    </message>
    <message>
        <source>The mask {path} is not clearly black and white ({values}): save it with 0 for intact and 255 for damage.</source>
        <translation>蒙版 {path} 并非明确的黑白图片（{values}）：请保存为 0 表示完好、255 表示损伤。</translation>
    </message>
    <message>
        <source>The mask {path} is not two-dimensional: save it as one grey channel.</source>
        <translation>蒙版 {path} 不是平面图像：请存为单个灰度通道。</translation>
    </message>
    <message>
        <source>The mask {path} is partly transparent: flatten it onto black first.</source>
        <translation>蒙版 {path} 部分透明：请先合并到黑色背景上。</translation>
    </message>
    <message>
        <source>The mask {path} is {width} × {height} pixels but the scan is {scan_width} × {scan_height}: they must have the same size.</source>
        <translation>蒙版 {path} 为 {width} × {height} 像素，而扫描件为 {scan_width} × {scan_height}：两者大小必须相同。</translation>
    </message>
    <message>
        <source>The mask, dilated by {dilation} px, leaves nothing intact to restore from; mark less damage.</source>
        <translation>蒙版膨胀 {dilation} 像素后，没有留下可据以修复的完好之处；请少标一些损伤。</translation>
    </message>
    <message>
        <source>The model {folder} describes a network this version can&apos;t build ({reason}).</source>
        <translation>模型 {folder} 描述的网络是此版本无法构建的（{reason}）。</translation>
    </message>
    <message>
        <source>The model {folder} is incomplete: {name} is missing.</source>
        <translation>模型 {folder} 不完整：缺少 {name}。</translation>
    </message>
    <message>
        <source>The model {folder} names a file outside its folder: {name}.</source>
        <translation>模型 {folder} 指向其文件夹之外的文件：{name}。</translation>
    </message>
    <message>
        <source>The record of result {number} can&apos;t be read: choose the settings yourself.</source>
        <translation>结果 {number} 的记录无法读取：请自行选择设置。</translation>
    </message>
    <message>
        <source>The record {name} of the file is missing, so it wasn&apos;t checked.</source>
        <translation>文件的记录 {name} 缺失，因此未作检查。</translation>
    </message>
    <message>
        <source>The result is a lossless TIFF of exactly the decoded samples of {path} ({compression}).</source>
        <translation>结果是无损 TIFF，样本与 {path}（{compression}）解码后完全相同。</translation>
    </message>
    <message>
        <source>The scan has moved: it was found as {path}.</source>
        <translation>扫描件已移动：在 {path} 找到。</translation>
    </message>
    <message>
        <source>The scan of {damaged} can&apos;t be determined: {advice}.</source>
        <translation>无法确定 {damaged} 的扫描件：请{advice}。</translation>
    </message>
    <message>
        <source>The scan {path} can&apos;t be found: put it beside the project file, or locate it.</source>
        <translation>找不到扫描件 {path}：请将其放在项目文件旁，或指出它的位置。</translation>
    </message>
    <message>
        <source>The scheduler is one of {schedulers}, not {scheduler}.</source>
        <translation>调度器只能是 {schedulers} 之一，而不是 {scheduler}。</translation>
    </message>
    <message>
        <source>The sensitivity must be above 0 and at most 1, not {sensitivity}.</source>
        <translation>灵敏度必须大于 0 且不超过 1，而不是 {sensitivity}。</translation>
    </message>
    <message>
        <source>The smallest area can&apos;t be negative, but is {area}.</source>
        <translation>最小面积不能为负，但现为 {area}。</translation>
    </message>
    <message>
        <source>The standard output can&apos;t be written: {reason}.</source>
        <translation>无法写入标准输出：{reason}。</translation>
    </message>
    <message>
        <source>The strictness must be above 0 and at most 100, not {strictness}.</source>
        <translation>严格度必须大于 0 且不超过 100，而不是 {strictness}。</translation>
    </message>
    <message>
        <source>The style region {region} contains damage: move it, or allow it to be trimmed.</source>
        <translation>风格区域 {region} 触及损伤：请移动它，或让程序裁剪。</translation>
    </message>
    <message>
        <source>The style region {region} extends beyond the picture, which is {width} × {height} pixels.</source>
        <translation>风格区域 {region} 超出了图像，图像为 {width} × {height} 像素。</translation>
    </message>
    <message>
        <source>The style region {region} has no intact part large enough: choose another.</source>
        <translation>风格区域 {region} 没有足够大的完好部分：请另选一个。</translation>
    </message>
    <message>
        <source>The style region {region} is smaller than {smallest} × {smallest} pixels.</source>
        <translation>风格区域 {region} 小于 {smallest} × {smallest} 像素。</translation>
    </message>
    <message>
        <source>The tolerance must be above 0 and at most 100, not {tolerance}.</source>
        <translation>容差必须大于 0 且不超过 100，而不是 {tolerance}。</translation>
    </message>
    <message>
        <source>The weight of the texture must be 0 to 100, not {texture}.</source>
        <translation>纹理权重必须为 0 到 100，而不是 {texture}。</translation>
    </message>
    <message>
        <source>The weight of the tone must be 0 to 1, not {tone}.</source>
        <translation>色调权重必须为 0 到 1，而不是 {tone}。</translation>
    </message>
    <message>
        <source>The widest crack must be 1 to 200 pixels, not {widest}.</source>
        <translation>最宽裂缝必须为 1 到 200 像素，而不是 {widest}。</translation>
    </message>
    <message>
        <source>The written file can&apos;t be read back: {reason}</source>
        <translation>写出的文件无法读回：{reason}</translation>
    </message>
    <message>
        <source>The written file differs from the scan outside the mask, first at {x}, {y}; it was not kept.</source>
        <translation>写出的文件在蒙版之外与扫描件不同，首处位于 {x}, {y}；未予保留。</translation>
    </message>
    <message>
        <source>The written file is of another kind than the scan ({name}{shown}).</source>
        <translation>写出的文件与扫描件的类型不同（{name}{shown}）。</translation>
    </message>
    <message>
        <source>The {label} is on or off, not {value}.</source>
        <translation>{label}只能是开或关，而不是 {value}。</translation>
    </message>
    <message>
        <source>The {label} is one of {names}, not {value}.</source>
        <translation>{label}只能是 {names} 之一，而不是 {value}。</translation>
    </message>
    <message>
        <source>The {label} must be a finite number, not {value}.</source>
        <translation>{label}必须是有限的数，而不是 {value}。</translation>
    </message>
    <message>
        <source>The {label} must be text, not {value}.</source>
        <translation>{label}必须是文本，而不是 {value}。</translation>
    </message>
    <message>
        <source>The {label} must be a whole number, not {value}.</source>
        <translation>{label}必须是整数，而不是 {value}。</translation>
    </message>
    <message>
        <source>&apos;{repository}&apos; isn&apos;t a repository&apos;s name; write OWNER/NAME.</source>
        <translation>“{repository}”不是仓库名称；请写成 OWNER/NAME。</translation>
    </message>
    <message>
        <source>A file can&apos;t be used: {reason}.</source>
        <translation>文件无法使用：{reason}。</translation>
    </message>
    <message>
        <source>A fill contains protected pixels; nothing was written, please report this.</source>
        <translation>填补包含受保护的像素；未写入任何内容，请报告此问题。</translation>
    </message>
    <message>
        <source>A fill contains protected pixels; the file was not kept.</source>
        <translation>填补包含受保护的像素；文件未保留。</translation>
    </message>
    <message>
        <source>A layer needs a name of at most {longest} characters.</source>
        <translation>图层需要一个最多 {longest} 个字符的名称。</translation>
    </message>
    <message>
        <source>A machine of the cluster doesn&apos;t see {folder}: mount it under the same path.</source>
        <translation>集群中的一台机器看不到 {folder}：请将其挂载到相同的路径。</translation>
    </message>
    <message>
        <source>A machine of the cluster has version {found} of Imagest, not {needed}: install the same one.</source>
        <translation>集群中的一台机器上的 Imagest 是版本 {found}，而不是 {needed}：请安装相同的版本。</translation>
    </message>
    <message>
        <source>A mask can grow over its rim by 1 to {largest} px, not {limit}.</source>
        <translation>蒙版可在边缘上扩展 1 到 {largest} 像素，而不是 {limit}。</translation>
    </message>
    <message>
        <source>A model has one autoencoder: choose one of {names}.</source>
        <translation>一个模型只有一个自编码器：请从 {names} 中选择一个。</translation>
    </message>
    <message>
        <source>A note must lie on the picture: choose a point inside it.</source>
        <translation>注释必须位于图片上：请选择图片内的一点。</translation>
    </message>
    <message>
        <source>A note needs a text: type one, or remove the note.</source>
        <translation>注释需要文字：请输入文字，或移除该注释。</translation>
    </message>
    <message>
        <source>A picture of {width} × {height} px needs more memory than is free: choose a smaller one, or close other programs.</source>
        <translation>{width} × {height} 像素的图片需要的内存超过可用内存：请选择较小的尺寸，或关闭其他程序。</translation>
    </message>
    <message>
        <source>A study of a painting needs PyTorch: leave out --runtime onnx.</source>
        <translation>研究画作需要 PyTorch：请去掉 --runtime onnx。</translation>
    </message>
    <message>
        <source>A study of a painting needs PyTorch: leave out the study, or install PyTorch.</source>
        <translation>研究画作需要 PyTorch：请不使用研究结果，或安装 PyTorch。</translation>
    </message>
    <message>
        <source>A worker of the cluster failed: {reason}</source>
        <translation>集群中的一个工作进程失败：{reason}</translation>
    </message>
    <message>
        <source>Accept a variation</source>
        <translation>接受一个变体</translation>
    </message>
    <message>
        <source>Add layer {name}</source>
        <translation>添加图层 {name}</translation>
    </message>
    <message>
        <source>Add note to the picture</source>
        <translation>在图片上添加注释</translation>
    </message>
    <message>
        <source>All damage belongs to classes that are only recorded or protected; set one of them to be filled.</source>
        <translation>所有损伤都属于只记录或受保护的类别；请把其中一个设为填补。</translation>
    </message>
    <message>
        <source>All damage to fill is protected: remove the protection where it can be filled.</source>
        <translation>所有要填补的损伤都受保护：请在可以填补的地方取消保护。</translation>
    </message>
    <message>
        <source>All {count} damage classes exist already: rename one that you do not need.</source>
        <translation>{count} 个损伤类别已全部使用：请重命名一个不需要的类别。</translation>
    </message>
    <message>
        <source>An internal error stopped it ({error}).</source>
        <translation>内部错误使其停止（{error}）。</translation>
    </message>
    <message>
        <source>Clean rim</source>
        <translation>清理边缘</translation>
    </message>
    <message>
        <source>Clear example strokes</source>
        <translation>清除示例笔画</translation>
    </message>
    <message>
        <source>Damage larger than the engine sees was filled at a scale up to {scale} times coarser first, and refined with {count} of {windows} tiles.</source>
        <translation>大于引擎视野的损伤先以最多粗 {scale} 倍的尺度填补，再用 {windows} 个分块中的 {count} 个细化。</translation>
    </message>
    <message>
        <source>Derive from strokes</source>
        <translation>从笔画生成</translation>
    </message>
    <message>
        <source>Edit note on the picture</source>
        <translation>编辑图片上的注释</translation>
    </message>
    <message>
        <source>Example stroke</source>
        <translation>示例笔画</translation>
    </message>
    <message>
        <source>Ground, shadow or a raised edge may still show around these regions: {regions}; clean the rim and restore again.</source>
        <translation>以下区域周围可能仍有底料、阴影或翘起的边缘：{regions}；请清理边缘后重新修复。</translation>
    </message>
    <message>
        <source>HF_HUB_OFFLINE is set, so nothing is downloaded; unset it to fetch models.</source>
        <translation>已设置 HF_HUB_OFFLINE，因此不会下载；要获取模型请取消该设置。</translation>
    </message>
    <message>
        <source>Its job file can&apos;t be read any more: give the same command again.</source>
        <translation>其任务文件已无法读取：请再次执行相同的命令。</translation>
    </message>
    <message>
        <source>Load damage model {file}</source>
        <translation>载入损伤模型 {file}</translation>
    </message>
    <message>
        <source>Move note on the picture</source>
        <translation>移动图片上的注释</translation>
    </message>
    <message>
        <source>No Ray cluster answers at {address}: start one with ray start, or use --ray local.</source>
        <translation>{address} 处没有 Ray 集群应答：请用 ray start 启动一个，或使用 --ray local。</translation>
    </message>
    <message>
        <source>No damage was found in {scan} by the recipe.</source>
        <translation>按该配方在 {scan} 中未发现损伤。</translation>
    </message>
    <message>
        <source>No installed style adapter fits the model {model}: train one with imagest train style, or add one under Models (imagest models add PATH).</source>
        <translation>没有适合模型 {model} 的已安装风格适配器：请用 imagest train style 训练，或在“模型”中添加（imagest models add PATH）。</translation>
    </message>
    <message>
        <source>No layer of the network is larger than the rank {rank}; choose a smaller one.</source>
        <translation>网络中没有大于秩 {rank} 的层；请选择更小的秩。</translation>
    </message>
    <message>
        <source>No scan in {source} has a mask beside it (NAME{suffix}.png); add masks or give --recipe.</source>
        <translation>{source} 中没有任何扫描件旁边有蒙版（名称{suffix}.png）；请添加蒙版或给出 --recipe。</translation>
    </message>
    <message>
        <source>No usable CUDA GPU was found; choose the device cpu or auto.</source>
        <translation>未找到可用的 CUDA GPU；请选择设备 cpu 或 auto。</translation>
    </message>
    <message>
        <source>Not even one tile fits in the free memory: close other programs, or choose the CPU.</source>
        <translation>可用内存连一个分块都放不下：请关闭其他程序，或选择 CPU。</translation>
    </message>
    <message>
        <source>Nothing is marked with this class: choose another one to select.</source>
        <translation>没有用此类别标记的像素：请选择另一个类别。</translation>
    </message>
    <message>
        <source>Nothing of result {number} is rejected: paint the part to restore first.</source>
        <translation>结果 {number} 没有被拒绝的部分：请先涂出要重新修复的部分。</translation>
    </message>
    <message>
        <source>Only damage within the selection was filled: {pixels} pixels at {box}.</source>
        <translation>只填补了选区内的损伤：{pixels} 个像素，位于 {box}。</translation>
    </message>
    <message>
        <source>Processes ended again and again; see why, and start again.</source>
        <translation>进程一再结束；请查明原因后重新开始。</translation>
    </message>
    <message>
        <source>Protect class</source>
        <translation>保护类别</translation>
    </message>
    <message>
        <source>Ray can&apos;t be started on this machine: {reason}</source>
        <translation>无法在这台机器上启动 Ray：{reason}</translation>
    </message>
    <message>
        <source>Reject part of result {number}</source>
        <translation>拒绝结果 {number} 的一部分</translation>
    </message>
    <message>
        <source>Remove damage model</source>
        <translation>移除损伤模型</translation>
    </message>
    <message>
        <source>Remove layer {name}</source>
        <translation>移除图层 {name}</translation>
    </message>
    <message>
        <source>Remove note from the picture</source>
        <translation>移除图片上的注释</translation>
    </message>
    <message>
        <source>Result {number} is a hypothesis and isn&apos;t accepted as a whole: accept single regions of it.</source>
        <translation>结果 {number} 是假设，不能整体接受：请逐个接受其中的区域。</translation>
    </message>
    <message>
        <source>Result {number} is no hypothesis: make hypotheses and pick one first.</source>
        <translation>结果 {number} 不是假设：请先生成假设并选定一个。</translation>
    </message>
    <message>
        <source>Some damage is not covered by any tile; please report this.</source>
        <translation>部分损伤未被任何分块覆盖；请报告此问题。</translation>
    </message>
    <message>
        <source>Take back part of result {number}</source>
        <translation>收回结果 {number} 被拒绝的部分</translation>
    </message>
    <message>
        <source>The adapter {name} can&apos;t be loaded ({reason}).</source>
        <translation>无法加载适配器 {name}（{reason}）。</translation>
    </message>
    <message>
        <source>The adapter {name} doesn&apos;t fit the model {model}; choose one for {family}.</source>
        <translation>适配器 {name} 不适合模型 {model}；请选择适用于 {family} 的适配器。</translation>
    </message>
    <message>
        <source>The adapter {name} holds weights that are infinite or no numbers: choose another adapter.</source>
        <translation>适配器 {name} 含有无穷大或非数字的权重：请选择其他适配器。</translation>
    </message>
    <message>
        <source>The adapter {name} is named twice; name it once.</source>
        <translation>适配器 {name} 出现了两次；请只写一次。</translation>
    </message>
    <message>
        <source>The chosen model consists of ONNX graphs: leave out --runtime, or choose the model that it was exported from.</source>
        <translation>所选模型由 ONNX 图组成：请去掉 --runtime，或选择导出它的原模型。</translation>
    </message>
    <message>
        <source>The cluster has room for {room} workers: give fewer --workers or fewer --cores.</source>
        <translation>集群可容纳 {room} 个工作进程：请减少 --workers 或 --cores。</translation>
    </message>
    <message>
        <source>The configuration of the model can&apos;t be written to {folder} ({reason}).</source>
        <translation>无法将模型的配置写入 {folder}（{reason}）。</translation>
    </message>
    <message>
        <source>The connection to {host} broke during {name}; fetch it again to continue.</source>
        <translation>下载 {name} 时与 {host} 的连接中断；再次获取即可继续。</translation>
    </message>
    <message>
        <source>The connection to {host} broke; try again.</source>
        <translation>与 {host} 的连接中断；请重试。</translation>
    </message>
    <message>
        <source>The damage model {model} is not the one that the recipe was saved with: save the recipe again.</source>
        <translation>损伤模型 {model} 不是保存配方时的那一个：请重新保存配方。</translation>
    </message>
    <message>
        <source>The damage model {model} was learned with registered pictures, which fit one scan: save the recipe with another model.</source>
        <translation>损伤模型 {model} 是用已配准的图片学习的，只适用于一幅扫描件：请用另一个模型保存配方。</translation>
    </message>
    <message>
        <source>The download needs {needed} MB, but only {free} MB are free in {folder}; free some space.</source>
        <translation>下载需要 {needed} MB，但 {folder} 只剩 {free} MB；请腾出空间。</translation>
    </message>
    <message>
        <source>The embedded model belongs to the program and can&apos;t be removed.</source>
        <translation>内置模型属于程序本身，不能移除。</translation>
    </message>
    <message>
        <source>The engine {engine} can&apos;t run {model} ({kind}, {family}); choose another model.</source>
        <translation>引擎 {engine} 无法运行 {model}（{kind}，{family}）；请选择其他模型。</translation>
    </message>
    <message>
        <source>The engine {engine} needs PyTorch, which is not installed: choose the engine imagest or spline.</source>
        <translation>引擎 {engine} 需要 PyTorch，但尚未安装；请选择引擎 imagest 或 spline。</translation>
    </message>
    <message>
        <source>The engine {engine} runs in PyTorch only: leave out --runtime.</source>
        <translation>引擎 {engine} 只能用 PyTorch 运行；请去掉 --runtime。</translation>
    </message>
    <message>
        <source>The examples are empty: mark some damage and some intact paint.</source>
        <translation>示例为空：请标记一些损伤和一些完好的颜料。</translation>
    </message>
    <message>
        <source>The examples are {width} × {height} pixels but the scan is {scan_width} × {scan_height}: they must have the same size.</source>
        <translation>示例为 {width} × {height} 像素，而扫描件为 {scan_width} × {scan_height}：两者大小必须相同。</translation>
    </message>
    <message>
        <source>The examples mark only damage: mark some intact paint, too.</source>
        <translation>示例只标记了损伤：请同时标记一些完好的颜料。</translation>
    </message>
    <message>
        <source>The examples mark only intact paint: mark some damage, too.</source>
        <translation>示例只标记了完好的颜料：请同时标记一些损伤。</translation>
    </message>
    <message>
        <source>The file changes the protected pixel at {x}, {y}: export it again.</source>
        <translation>该文件改变了 {x}, {y} 处受保护的像素：请重新导出。</translation>
    </message>
    <message>
        <source>The files of the model {name} are missing at {path}: connect the disk, or remove the model.</source>
        <translation>模型 {name} 的文件不在 {path}：请连接磁盘，或移除该模型。</translation>
    </message>
    <message>
        <source>The graph {name} in {precision} differs from torch by {measured}, more than {tolerance}: nothing was written; choose another precision.</source>
        <translation>{precision} 格式的计算图 {name} 与 torch 相差 {measured}，超过 {tolerance}；未写入任何内容，请选择其他精度。</translation>
    </message>
    <message>
        <source>The hub answered {code} for {repository}; try again later.</source>
        <translation>模型库对 {repository} 的请求返回 {code}；请稍后再试。</translation>
    </message>
    <message>
        <source>The hub refuses access to {repository}: accept its licence on {page}, and set HF_TOKEN to an access token of your account.</source>
        <translation>模型库拒绝访问 {repository}：请在 {page} 接受其许可，并将 HF_TOKEN 设为您账户的访问令牌。</translation>
    </message>
    <message>
        <source>The hub&apos;s address {address} must start with https://.</source>
        <translation>模型库的地址 {address} 必须以 https:// 开头。</translation>
    </message>
    <message>
        <source>The hub&apos;s answer about {repository} can&apos;t be understood.</source>
        <translation>无法理解模型库关于 {repository} 的答复。</translation>
    </message>
    <message>
        <source>The job file {path} can&apos;t be read: {name} is restored again.</source>
        <translation>任务文件 {path} 无法读取：将重新修复 {name}。</translation>
    </message>
    <message>
        <source>The job file {path} can&apos;t be read: {name} is restored again. Its files are kept beside it.</source>
        <translation>任务文件 {path} 无法读取：将重新修复 {name}。先前的文件保存在它旁边。</translation>
    </message>
    <message>
        <source>The job file {path} can&apos;t be read; no scan belongs to it.</source>
        <translation>任务文件 {path} 无法读取；没有与之对应的扫描件。</translation>
    </message>
    <message>
        <source>The job list in {folder} can&apos;t be read ({reason}): choose another folder.</source>
        <translation>无法读取 {folder} 中的任务列表（{reason}）：请选择另一个文件夹。</translation>
    </message>
    <message>
        <source>The language model computes invalid numbers: add it again.</source>
        <translation>语言模型算出了无效的数值：请重新添加。</translation>
    </message>
    <message>
        <source>The list {path} names no scan: write one path a line (names that end in {suffix} are masks).</source>
        <translation>列表 {path} 中没有扫描件：请每行写一个路径（以 {suffix} 结尾的名称是蒙版）。</translation>
    </message>
    <message>
        <source>The mask was grown over its rim by {pixels} pixels, at most {limit} px wide.</source>
        <translation>蒙版在边缘上扩展了 {pixels} 像素，宽度最多 {limit} 像素。</translation>
    </message>
    <message>
        <source>The mask {path} has {pictures} pages: save the one that marks the damage as a file of its own.</source>
        <translation>蒙版 {path} 有 {pictures} 页：请将标记损伤的那一页单独保存为一个文件。</translation>
    </message>
    <message>
        <source>The mask {path} is too large to be decoded at once: save it as a TIFF, or as a PNG that is upright and not interlaced.</source>
        <translation>蒙版 {path} 太大，无法一次解码：请将其保存为 TIFF，或保存为方向正确且非隔行的 PNG。</translation>
    </message>
    <message>
        <source>The model &apos;{name}&apos; is no checkpoint of the Imagest network; choose another model or engine.</source>
        <translation>模型“{name}”不是 Imagest 网络的检查点；请选择其他模型或引擎。</translation>
    </message>
    <message>
        <source>The model can&apos;t be added ({reason}).</source>
        <translation>无法添加该模型（{reason}）。</translation>
    </message>
    <message>
        <source>The model needs {needed} MB, but only {free} MB are free in {folder}; free space, or add it in place.</source>
        <translation>该模型需要 {needed} MB，但 {folder} 只剩 {free} MB；请腾出空间，或就地添加。</translation>
    </message>
    <message>
        <source>The model {folder} doesn&apos;t fit its ONNX graphs: {name} is missing or of another shape.</source>
        <translation>模型 {folder} 与其 ONNX 计算图不符：{name} 缺失或形状不同。</translation>
    </message>
    <message>
        <source>The model {folder} is incomplete: it has no weights.</source>
        <translation>模型 {folder} 不完整：没有权重。</translation>
    </message>
    <message>
        <source>The model {folder} is incomplete: {name} has no weights.</source>
        <translation>模型 {folder} 不完整：{name} 没有权重。</translation>
    </message>
    <message>
        <source>The model {name} has other sizes than the embedded one, and no ONNX graphs: make them where torch is installed, with imagest models export-onnx {name} --graphs-only -o {folder}.</source>
        <translation>模型 {name} 的尺寸与内置模型不同，且没有 ONNX 计算图；请在装有 torch 的计算机上用 imagest models export-onnx {name} --graphs-only -o {folder} 生成。</translation>
    </message>
    <message>
        <source>The model {name} isn&apos;t a language model: choose one that continues text.</source>
        <translation>模型 {name} 不是语言模型：请选择能续写文字的模型。</translation>
    </message>
    <message>
        <source>The model {path} can&apos;t be loaded ({reason}); check it with: imagest models check.</source>
        <translation>无法加载模型 {path}（{reason}）；请用 imagest models check 检查。</translation>
    </message>
    <message>
        <source>The network needs PyTorch or ONNX Runtime, and neither is installed: install one of them, or choose the engine spline.</source>
        <translation>网络需要 PyTorch 或 ONNX Runtime，但两者都未安装；请安装其中之一，或选择引擎 spline。</translation>
    </message>
    <message>
        <source>The note is longer than 2,000 characters: shorten it.</source>
        <translation>注释超过 2,000 个字符：请缩短。</translation>
    </message>
    <message>
        <source>The outline encloses no pixel of the picture: draw it around a part of it.</source>
        <translation>轮廓内没有图片的像素：请圈出图片的一部分。</translation>
    </message>
    <message>
        <source>The part &apos;{value}&apos; is given two classes: give it one.</source>
        <translation>“{value}”这一部分被指定了两个类别：请只指定一个。</translation>
    </message>
    <message>
        <source>The picture of the layer {name} has changed since it was registered ({path}): restore the file, or remove the layer and add it again.</source>
        <translation>图层 {name} 的图片在配准之后已改变（{path}）：请恢复该文件，或移除图层后重新添加。</translation>
    </message>
    <message>
        <source>The picture of the layer {name} is missing ({path}): put it back, or remove the layer and add it again; nothing else is lost.</source>
        <translation>图层 {name} 的图片缺失（{path}）：请放回原处，或移除图层后重新添加；其他内容没有丢失。</translation>
    </message>
    <message>
        <source>The pixel {x}, {y} is outside the picture: give x from 0 to {right} and y from 0 to {bottom}.</source>
        <translation>像素 {x}, {y} 在图像之外：x 应为 0 至 {right}，y 应为 0 至 {bottom}。</translation>
    </message>
    <message>
        <source>The program ended several times while this painting was restored.</source>
        <translation>修复这幅画作时程序多次意外结束。</translation>
    </message>
    <message>
        <source>The project has no layers: add one first.</source>
        <translation>项目没有图层：请先添加一个。</translation>
    </message>
    <message>
        <source>The prompt is empty: type a few words first.</source>
        <translation>提示词为空：请先输入几个词。</translation>
    </message>
    <message>
        <source>The prompt is too long for the language model: shorten it.</source>
        <translation>提示词对语言模型来说太长：请缩短。</translation>
    </message>
    <message>
        <source>The protection covers all damage to fill: protect less of it.</source>
        <translation>保护区域覆盖了所有待填补的损伤：请缩小保护区域。</translation>
    </message>
    <message>
        <source>The recipe&apos;s damage model {model} is missing: put it back.</source>
        <translation>配方的损伤模型 {model} 不见了：请将其放回。</translation>
    </message>
    <message>
        <source>The results can&apos;t go to {out}, which holds the scans: choose another folder.</source>
        <translation>结果不能存放于 {out}，其中有扫描件：请选择另一个文件夹。</translation>
    </message>
    <message>
        <source>The scale must be 1, 2, 4 or 8, not {scale}.</source>
        <translation>比例必须为 1、2、4 或 8，而不是 {scale}。</translation>
    </message>
    <message>
        <source>The scheduler {name} can&apos;t be used with a flow model; use ddim.</source>
        <translation>采样方法 {name} 不能用于流模型；请使用 ddim。</translation>
    </message>
    <message>
        <source>The selection belongs to a picture of another size: select again.</source>
        <translation>选区属于另一尺寸的图片：请重新选择。</translation>
    </message>
    <message>
        <source>The selection contains no damage to fill: clear it, or select another part.</source>
        <translation>选区内没有要填补的损伤：请移除选区，或选择另一部分。</translation>
    </message>
    <message>
        <source>The selection lies outside the picture: select a part of it.</source>
        <translation>选区位于图片之外：请选择图片的一部分。</translation>
    </message>
    <message>
        <source>The strokes {path} contain other values than 0 (unknown), 128 (intact) and 255 (damage): draw them in grey and without soft edges, or say which class each value is.</source>
        <translation>笔画 {path} 含有 0（未知）、128（完好）和 255（损伤）以外的值：请用灰度绘制且不要柔边，或说明每个值属于哪一类别。</translation>
    </message>
    <message>
        <source>The study adapts {found}, not {wanted}: choose the engine it was made with.</source>
        <translation>该研究调整的是 {found}，而不是 {wanted}：请选择制作它时所用的引擎。</translation>
    </message>
    <message>
        <source>The study doesn&apos;t fit the model ({reason}): study the painting again.</source>
        <translation>该研究与模型不匹配（{reason}）：请重新研究画作。</translation>
    </message>
    <message>
        <source>The study was made of another scan: it is meant for the painting that it was made of, so check that both show the same work.</source>
        <translation>该研究是根据另一份扫描件制作的：它只适用于制作它的画作，请确认两者是同一件作品。</translation>
    </message>
    <message>
        <source>The study was made with other weights ({found}) than those of {base}: choose that model, or study the painting again.</source>
        <translation>该研究所用的权重（{found}）与 {base} 的不同：请选择那个模型，或重新研究画作。</translation>
    </message>
    <message>
        <source>The study {path} can&apos;t be read ({reason}).</source>
        <translation>无法读取研究 {path}（{reason}）。</translation>
    </message>
    <message>
        <source>The study {sha256}… isn&apos;t known here: name its file with --study, or open the project that keeps it.</source>
        <translation>此处没有研究 {sha256}…：请用 --study 指定其文件，或打开保存它的项目。</translation>
    </message>
    <message>
        <source>The style branch of the engine imagest-sd runs in PyTorch only: choose the model that the ONNX graphs were exported from, or the engine stable-diffusion.</source>
        <translation>引擎 imagest-sd 的风格分支只能在 PyTorch 中运行：请选择导出这些 ONNX 图的原模型，或引擎 stable-diffusion。</translation>
    </message>
    <message>
        <source>The style region {region} overlaps a protected area: move it, or allow it to be trimmed.</source>
        <translation>风格区域 {region} 与受保护区域重叠：请移动它，或允许裁剪。</translation>
    </message>
    <message>
        <source>The suffix of masks is the end of their names, such as -mask, not &apos;{suffix}&apos;.</source>
        <translation>蒙版的后缀是其名称的结尾，例如 -mask，而不是“{suffix}”。</translation>
    </message>
    <message>
        <source>The text encoder was trained on English and hardly knows {letters}; write the prompt in English.</source>
        <translation>文本编码器以英文训练，几乎不认识 {letters}；请用英文书写提示词。</translation>
    </message>
    <message>
        <source>The threshold must be between 0 and 1, and the smoothing 0 to 10 pixels.</source>
        <translation>阈值必须在 0 和 1 之间，平滑须为 0 到 10 像素。</translation>
    </message>
    <message>
        <source>The tokenizer {name} of this model isn&apos;t CLIP&apos;s: the model can&apos;t be exported.</source>
        <translation>此模型的分词器 {name} 不是 CLIP 的：无法导出该模型。</translation>
    </message>
    <message>
        <source>The weight of the adapter {name} must be from -{limit} to {limit}, not {weight}.</source>
        <translation>适配器 {name} 的权重必须在 -{limit} 到 {limit} 之间，不能是 {weight}。</translation>
    </message>
    <message>
        <source>The {label} must be {limits}, not {value}.</source>
        <translation>{label}必须为 {limits}，而不是 {value}。</translation>
    </message>
    <message>
        <source>The {label} must have at most {longest} characters, not {count}.</source>
        <translation>{label}最多 {longest} 个字符，不能是 {count} 个。</translation>
    </message>
    <message>
        <source>The {name} must be 0 to {largest} pixels, not {value}.</source>
        <translation>{name} 必须为 0 到 {largest} 像素，而不是 {value}。</translation>
    </message>
    <message>
        <source>The {side} must be a multiple of {multiple} px, not {value}.</source>
        <translation>{side}必须是 {multiple} 像素的倍数，不能是 {value}。</translation>
    </message>
    <message>
        <source>There are too many example strokes: clear them, or go on with the model.</source>
        <translation>示例笔画过多：请清除它们，或继续使用模型。</translation>
    </message>
    <message>
        <source>There is a layer {name} already: choose another name.</source>
        <translation>已有名为 {name} 的图层：请换一个名称。</translation>
    </message>
    <message>
        <source>There is no class {name}: choose from {classes}.</source>
        <translation>没有名为 {name} 的类别：请从 {classes} 中选择。</translation>
    </message>
    <message>
        <source>There is no configuration for a single file of the family {family}.</source>
        <translation>没有适用于 {family} 系列单个文件的配置。</translation>
    </message>
    <message>
        <source>There is no damage class {label}: choose one from the list of classes.</source>
        <translation>没有损伤类别 {label}：请从类别列表中选择。</translation>
    </message>
    <message>
        <source>There is no engine {name}; choose one of {engines}.</source>
        <translation>没有引擎 {name}；请从 {engines} 中选择。</translation>
    </message>
    <message>
        <source>There is no file or folder {path}.</source>
        <translation>没有文件或文件夹 {path}。</translation>
    </message>
    <message>
        <source>There is no installed model &apos;{name}&apos;; see: imagest models list.</source>
        <translation>没有已安装的模型“{name}”；参见：imagest models list。</translation>
    </message>
    <message>
        <source>There is no layer {name}; the layers are: {known}.</source>
        <translation>没有图层 {name}；现有图层：{known}。</translation>
    </message>
    <message>
        <source>There is no mask file {path}.</source>
        <translation>没有蒙版文件 {path}。</translation>
    </message>
    <message>
        <source>There is no model &apos;{name}&apos;, nor another that fits: add one under Models (imagest models add PATH).</source>
        <translation>没有名为“{name}”的模型，也没有其他适用的模型：请在“模型”中添加一个（imagest models add PATH）。</translation>
    </message>
    <message>
        <source>There is no model &apos;{name}&apos;: choose one of {known}, or a folder or .safetensors file.</source>
        <translation>没有模型“{name}”：请从 {known} 中选择，或选择文件夹或 .safetensors 文件。</translation>
    </message>
    <message>
        <source>There is no parameter {unknown}.</source>
        <translation>这里没有参数 {unknown}。</translation>
    </message>
    <message>
        <source>There is no result {number} in the project: check its number.</source>
        <translation>项目中没有结果 {number}：请检查编号。</translation>
    </message>
    <message>
        <source>There is no scan in {path}: choose a folder with scans.</source>
        <translation>{path} 中没有扫描件：请选择有扫描件的文件夹。</translation>
    </message>
    <message>
        <source>There is no style image {donor}.</source>
        <translation>没有风格图片 {donor}。</translation>
    </message>
    <message>
        <source>There is no {repository} on the hub, or no such revision.</source>
        <translation>模型库中没有 {repository}，或没有该版本。</translation>
    </message>
    <message>
        <source>There was not enough memory.</source>
        <translation>内存不足。</translation>
    </message>
    <message>
        <source>These files are masks: choose the scans.</source>
        <translation>这些文件是蒙版：请选择扫描件。</translation>
    </message>
    <message>
        <source>These files are not pictures that can be restored, so they were left out: {names}.</source>
        <translation>以下文件不是可修复的图片，未添加：{names}。</translation>
    </message>
    <message>
        <source>This model can&apos;t refine a fill: choose Stable Diffusion or another model with a strength.</source>
        <translation>此模型无法细化填补：请选择 Stable Diffusion 或其他带强度的模型。</translation>
    </message>
    <message>
        <source>This model needs about {needed} GB of memory, but this computer has {memory} GB: use a smaller model or another computer.</source>
        <translation>此模型约需 {needed} GB 内存，但这台计算机只有 {memory} GB：请使用较小的模型或其他计算机。</translation>
    </message>
    <message>
        <source>This model reads no style pictures: add an IP-Adapter with --adapters, or use imagest-sd.</source>
        <translation>此模型不读取风格图片：请用 --adapters 添加 IP-Adapter，或使用 imagest-sd。</translation>
    </message>
    <message>
        <source>Too few details of the clean picture were matched ({points}): {remedy}.</source>
        <translation>完好图片中匹配到的细节太少（{points} 处）：{remedy}。</translation>
    </message>
    <message>
        <source>Too little of the painting is intact to be studied: it takes some {count} squares of {side} px without damage.</source>
        <translation>画作的完好部分太少，无法研究：约需 {count} 个边长 {side} px 且没有损伤的正方形。</translation>
    </message>
    <message>
        <source>Trim style references</source>
        <translation>裁剪风格参考</translation>
    </message>
    <message>
        <source>Two classes are given for all parts of the mask: give one.</source>
        <translation>为蒙版的所有部分指定了两个类别：请只指定一个。</translation>
    </message>
    <message>
        <source>Unlock class</source>
        <translation>解锁类别</translation>
    </message>
    <message>
        <source>Updated to show the restored picture: {part}.</source>
        <translation>已更新为显示修复后的画面：{part}。</translation>
    </message>
    <message>
        <source>Use suggested style</source>
        <translation>采用建议的风格</translation>
    </message>
    <message>
        <source>Wand</source>
        <translation>魔棒</translation>
    </message>
    <message>
        <source>WebP chunks {names}</source>
        <translation>WebP 数据块 {names}</translation>
    </message>
    <message>
        <source>What looks most like bare ground may be paint (confidence {confidence}): pick the colour of the ground, or learn the damage from strokes.</source>
        <translation>最像裸露底料的区域可能是颜料（置信度 {confidence}）：请选取底料的颜色，或通过笔画学习损伤。</translation>
    </message>
    <message>
        <source>XMP thumbnails (tag {tag})</source>
        <translation>XMP 缩略图（标签 {tag}）</translation>
    </message>
    <message>
        <source>XResolution and YResolution (tags {first} and {second}), exchanged</source>
        <translation>XResolution 和 YResolution（标签 {first} 和 {second}），已互换</translation>
    </message>
    <message>
        <source>a JPEG 2000 of the unknown colour space {space}</source>
        <translation>未知色彩空间 {space} 的 JPEG 2000 图像</translation>
    </message>
    <message>
        <source>a JPEG 2000 of {bits} bits per sample</source>
        <translation>每个样本 {bits} 位的 JPEG 2000</translation>
    </message>
    <message>
        <source>a LogL picture</source>
        <translation>LogL 图片</translation>
    </message>
    <message>
        <source>a LogLuv picture</source>
        <translation>LogLuv 图片</translation>
    </message>
    <message>
        <source>a complex floating-point picture</source>
        <translation>复数浮点图片</translation>
    </message>
    <message>
        <source>a complex whole-number picture</source>
        <translation>复数整数图片</translation>
    </message>
    <message>
        <source>a grey picture of {channels}</source>
        <translation>{channels}的灰度图片</translation>
    </message>
    <message>
        <source>a large {format} document ({suffix})</source>
        <translation>{format} 大型文档（{suffix}）</translation>
    </message>
    <message>
        <source>a picture of an unknown kind ({kind})</source>
        <translation>类型未知的图片（{kind}）</translation>
    </message>
    <message>
        <source>a picture of {channels} channels</source>
        <translation>{channels} 个通道的图片</translation>
    </message>
    <message>
        <source>a picture with samples of an unknown or mixed kind</source>
        <translation>样本类型未知或混杂的图片</translation>
    </message>
    <message>
        <source>a volume of several layers</source>
        <translation>多层的体数据</translation>
    </message>
    <message>
        <source>a {bits}-bit JPEG</source>
        <translation>{bits} 位 JPEG</translation>
    </message>
    <message>
        <source>a {bits}-bit picture</source>
        <translation>{bits} 位图片</translation>
    </message>
    <message>
        <source>a {format} document</source>
        <translation>{format} 文档</translation>
    </message>
    <message>
        <source>a {format} document ({suffix})</source>
        <translation>{format} 文档（{suffix}）</translation>
    </message>
    <message>
        <source>a {format} picture</source>
        <translation>{format} 图片</translation>
    </message>
    <message>
        <source>adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>an ICC L*a*b* picture</source>
        <translation>ICC L*a*b* 图片</translation>
    </message>
    <message>
        <source>an ITU L*a*b* picture</source>
        <translation>ITU L*a*b* 图片</translation>
    </message>
    <message>
        <source>an RGB picture of {channels}</source>
        <translation>{channels}的 RGB 图片</translation>
    </message>
    <message>
        <source>an unknown method</source>
        <translation>未知方法</translation>
    </message>
    <message>
        <source>an {bits}-bit JPEG</source>
        <translation>{bits} 位 JPEG</translation>
    </message>
    <message>
        <source>an {bits}-bit picture</source>
        <translation>{bits} 位图片</translation>
    </message>
    <message>
        <source>an {format} animation</source>
        <translation>{format} 动画</translation>
    </message>
    <message>
        <source>an {format} document</source>
        <translation>{format} 文档</translation>
    </message>
    <message>
        <source>an {format} drawing</source>
        <translation>{format} 图形</translation>
    </message>
    <message>
        <source>an {format} picture</source>
        <translation>{format} 图片</translation>
    </message>
    <message>
        <source>another file</source>
        <translation>另一个文件</translation>
    </message>
    <message>
        <source>as it is damaged</source>
        <translation>因其已损坏</translation>
    </message>
    <message>
        <source>as tag {tag}</source>
        <translation>写为标签 {tag}</translation>
    </message>
    <message>
        <source>as tag {tag} has another value</source>
        <translation>因标签 {tag} 已有其他值</translation>
    </message>
    <message>
        <source>as {target}</source>
        <translation>写为 {target}</translation>
    </message>
    <message>
        <source>as {target} has another value</source>
        <translation>因 {target} 已有其他值</translation>
    </message>
    <message>
        <source>but its internal offsets may be invalid</source>
        <translation>但其内部偏移量可能失效</translation>
    </message>
    <message>
        <source>compiled</source>
        <translation>编译</translation>
    </message>
    <message>
        <source>compressed by {method}</source>
        <translation>以 {method} 压缩的文件</translation>
    </message>
    <message>
        <source>context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>convert it to 8 or 16 bits per channel</source>
        <translation>转换为每通道 8 位或 16 位</translation>
    </message>
    <message>
        <source>count</source>
        <translation>数量</translation>
    </message>
    <message>
        <source>detail</source>
        <translation>细节</translation>
    </message>
    <message>
        <source>device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>export the graphs again with imagest models export-onnx</source>
        <translation>请用 imagest models export-onnx 重新导出计算图</translation>
    </message>
    <message>
        <source>has no safetensors file</source>
        <translation>没有 safetensors 文件</translation>
    </message>
    <message>
        <source>has no safetensors file for {name}</source>
        <translation>没有 {name} 的 safetensors 文件</translation>
    </message>
    <message>
        <source>has only pickled weights, which may run code</source>
        <translation>只有 pickle 格式的权重，可能会执行代码</translation>
    </message>
    <message>
        <source>height</source>
        <translation>高度</translation>
    </message>
    <message>
        <source>install the program again</source>
        <translation>请重新安装本程序</translation>
    </message>
    <message>
        <source>is made for {kind}, not for {needed}</source>
        <translation>适用于 {kind}，而非 {needed}</translation>
    </message>
    <message>
        <source>its bits per sample ({old}, now {new})</source>
        <translation>每样本位数（{old}，现为 {new}）</translation>
    </message>
    <message>
        <source>its channels ({old}, now {new})</source>
        <translation>通道数（{old}，现为 {new}）</translation>
    </message>
    <message>
        <source>its colour profile ({old}, now {new})</source>
        <translation>颜色配置文件（{old}，现为 {new}）</translation>
    </message>
    <message>
        <source>its orientation ({old}, now {new})</source>
        <translation>方向（{old}，现为 {new}）</translation>
    </message>
    <message>
        <source>its resolution ({old}, now {new})</source>
        <translation>其分辨率（{old}，现为 {new}）</translation>
    </message>
    <message>
        <source>its size ({old}, now {width} × {height})</source>
        <translation>其尺寸（{old}，现为 {width} × {height}）</translation>
    </message>
    <message>
        <source>large damage</source>
        <translation>大面积损伤</translation>
    </message>
    <message>
        <source>mask margin</source>
        <translation>蒙版边距</translation>
    </message>
    <message>
        <source>mode</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>name its scan with --painting and try again</source>
        <translation>用 --painting 指定其扫描件后重试</translation>
    </message>
    <message>
        <source>negative prompt</source>
        <translation>反向提示词</translation>
    </message>
    <message>
        <source>open its newest backup, {path}</source>
        <translation>打开其最新备份 {path}</translation>
    </message>
    <message>
        <source>page {index} (counted from 0)</source>
        <translation>第 {index} 页（从 0 起编号）</translation>
    </message>
    <message>
        <source>prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>px</source>
        <translation>像素</translation>
    </message>
    <message>
        <source>quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>reads no text</source>
        <translation>不读取文本</translation>
    </message>
    <message>
        <source>runtime</source>
        <translation>运行库</translation>
    </message>
    <message>
        <source>sampling method</source>
        <translation>采样方法</translation>
    </message>
    <message>
        <source>save it with LZW, Deflate or no compression</source>
        <translation>用 LZW、Deflate 或不压缩的方式保存</translation>
    </message>
    <message>
        <source>strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>study</source>
        <translation>研究</translation>
    </message>
    <message>
        <source>style adapter</source>
        <translation>风格适配器</translation>
    </message>
    <message>
        <source>style emphasis</source>
        <translation>风格强调</translation>
    </message>
    <message>
        <source>takes no guidance with this model</source>
        <translation>在此模型下不接受引导强度</translation>
    </message>
    <message>
        <source>takes no negative prompt with this model</source>
        <translation>在此模型下不接受反向提示词</translation>
    </message>
    <message>
        <source>takes no strength with this model</source>
        <translation>在此模型下不接受强度</translation>
    </message>
    <message>
        <source>text strength</source>
        <translation>文字强度</translation>
    </message>
    <message>
        <source>the autoencoder</source>
        <translation>自编码器</translation>
    </message>
    <message>
        <source>the text encoder</source>
        <translation>文本编码器</translation>
    </message>
    <message>
        <source>tiles at once</source>
        <translation>同时计算的分块</translation>
    </message>
    <message>
        <source>transition</source>
        <translation>过渡</translation>
    </message>
    <message>
        <source>value {value}</source>
        <translation>值 {value}</translation>
    </message>
    <message>
        <source>values {values}</source>
        <translation>值 {values}</translation>
    </message>
    <message>
        <source>values {values} … {last} ({count} different ones)</source>
        <translation>值 {values} … {last}（共 {count} 种）</translation>
    </message>
    <message>
        <source>variation</source>
        <translation>变体</translation>
    </message>
    <message>
        <source>width</source>
        <translation>宽度</translation>
    </message>
    <message>
        <source>with the proportions of the picture: if it is a copy, it still shows the damage</source>
        <translation>与图像比例相同：如果它是该图像的副本，则仍会显示损伤</translation>
    </message>
    <message>
        <source>{count} bytes after the end of the JPEG</source>
        <translation>JPEG 结尾之后的 {count} 字节</translation>
    </message>
    <message>
        <source>{count} bytes after the end of the JPEG ({names})</source>
        <translation>JPEG 结尾之后的 {count} 字节（{names}）</translation>
    </message>
    <message>
        <source>{count} channels</source>
        <translation>{count} 通道</translation>
    </message>
    <message>
        <source>{damaged} doesn&apos;t exist: check the name, or whether its disk is connected.</source>
        <translation>{damaged} 不在那里：请检查名称，或其磁盘是否已连接。</translation>
    </message>
    <message>
        <source>{exported} doesn&apos;t exist: name the exported file to verify.</source>
        <translation>{exported} 不存在：请指出要核验的导出文件。</translation>
    </message>
    <message>
        <source>{exported} was changed after it was exported ({time}): its samples are unchanged, but other bytes, such as metadata, are not.</source>
        <translation>{exported} 在导出（{time}）之后被更改：其样本未变，但其他字节（例如元数据）已变。</translation>
    </message>
    <message>
        <source>{file} can&apos;t be registered with the scan, as details are off by {residual} px: choose a picture taken from the front, or align it first.</source>
        <translation>{file} 无法与扫描件配准，细节偏差 {residual} px：请选择正面拍摄的图片，或先对齐。</translation>
    </message>
    <message>
        <source>{file} can&apos;t be registered with the scan, since too few details match: choose a picture of the same side of the work that shows most of it, or align it first.</source>
        <translation>{file} 无法与扫描件配准，因为相符的细节太少：请选择显示作品同一面大部分的图片，或先对齐。</translation>
    </message>
    <message>
        <source>{first} and also {rest}</source>
        <translation>{first}以及{rest}</translation>
    </message>
    <message>
        <source>{first}, {rest}</source>
        <translation>{first}，{rest}</translation>
    </message>
    <message>
        <source>{folder} can&apos;t be written ({reason}): choose another folder for the project.</source>
        <translation>无法写入 {folder}（{reason}）：请为项目另选文件夹。</translation>
    </message>
    <message>
        <source>{folder} can&apos;t be written ({reason}): save the project in another folder to change it.</source>
        <translation>无法写入 {folder}（{reason}）：要更改请将项目保存到另一文件夹。</translation>
    </message>
    <message>
        <source>{folder} contains no model: it has neither {index} nor {config} nor a .safetensors file.</source>
        <translation>{folder} 中没有模型：既没有 {index}，也没有 {config} 或 .safetensors 文件。</translation>
    </message>
    <message>
        <source>{folder} contains no model: {config} is missing.</source>
        <translation>{folder} 中没有模型：缺少 {config}。</translation>
    </message>
    <message>
        <source>{folder} exists already; choose another name.</source>
        <translation>{folder} 已存在；请另选名称。</translation>
    </message>
    <message>
        <source>{folder} holds ONNX graphs of an Imagest network for other programs: choose the model that they were exported from.</source>
        <translation>{folder} 是供其他程序使用的 Imagest 网络的 ONNX 图：请选择导出它们的模型。</translation>
    </message>
    <message>
        <source>{folder} holds too many files to be a model.</source>
        <translation>{folder} 中的文件过多，不可能是模型。</translation>
    </message>
    <message>
        <source>{folder} holds {count} models; add one of them by its file.</source>
        <translation>{folder} 中有 {count} 个模型；请按文件添加其中一个。</translation>
    </message>
    <message>
        <source>{folder} is not a folder; choose another name.</source>
        <translation>{folder} 不是文件夹；请另选名称。</translation>
    </message>
    <message>
        <source>{folder} is one of the inputs, which are never written; choose another name.</source>
        <translation>{folder} 是输入文件之一，输入文件绝不会被写入；请另选名称。</translation>
    </message>
    <message>
        <source>{folder} is only one part of a model, or of an unknown kind ({name}); add the folder that holds its {index}.</source>
        <translation>{folder} 只是模型的一部分，或种类未知（{name}）；请添加包含其 {index} 的文件夹。</translation>
    </message>
    <message>
        <source>{folder} needs code of its own for {name}, which is never run; use another model.</source>
        <translation>{folder} 的 {name} 需要自带代码，程序绝不运行这类代码；请使用其他模型。</translation>
    </message>
    <message>
        <source>{folder} needs code of its own, which is never run; use another model.</source>
        <translation>{folder} 需要自带代码，程序绝不运行这类代码；请使用其他模型。</translation>
    </message>
    <message>
        <source>{folder} was made by a newer version of this program: update to use it.</source>
        <translation>{folder} 由本程序的较新版本生成：请更新后使用。</translation>
    </message>
    <message>
        <source>{format} text {keyword}</source>
        <translation>{format} 文本 {keyword}</translation>
    </message>
    <message>
        <source>{host} can&apos;t be reached ({reason}); check the connection.</source>
        <translation>无法连接 {host}（{reason}）；请检查网络连接。</translation>
    </message>
    <message>
        <source>{limits} {unit}</source>
        <translation>{limits} {unit}</translation>
    </message>
    <message>
        <source>{low} or more</source>
        <translation>不小于 {low}</translation>
    </message>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} 到 {high}</translation>
    </message>
    <message>
        <source>{name} can&apos;t be written any more: save the project in another folder; the work is still open.</source>
        <translation>{name} 已无法写入：请将项目保存到另一文件夹；工作仍处于打开状态。</translation>
    </message>
    <message>
        <source>{name} declares a size of {width} × {height} pixels: the file is damaged.</source>
        <translation>{name} 声明的大小为 {width} × {height} 像素：文件已损坏。</translation>
    </message>
    <message>
        <source>{name} declares {width} × {height} pixels, over the limit of {limit} megapixels: cut it into parts, or raise the limit on the command line with --max-pixels.</source>
        <translation>{name} 声明的大小为 {width} × {height} 像素，超过 {limit} 百万像素的上限：请分成几部分，或在命令行用 --max-pixels 提高上限。</translation>
    </message>
    <message>
        <source>{name} exists already and isn&apos;t from this batch: move it away.</source>
        <translation>{name} 已存在，且不属于此批处理：请将其移走。</translation>
    </message>
    <message>
        <source>{name} has one page, number 0: there is no page {page}.</source>
        <translation>{name} 只有一页，编号为 0：没有第 {page} 页。</translation>
    </message>
    <message>
        <source>{name} has {pages} pages, numbered from 0 to {last}: there is no page {page}.</source>
        <translation>{name} 有 {pages} 页，编号为 0 到 {last}：没有第 {page} 页。</translation>
    </message>
    <message>
        <source>{name} is a raw camera file: develop it and save it as a 16-bit TIFF, then open that.</source>
        <translation>{name} 是相机原始文件：请冲洗后另存为 16 位 TIFF，然后打开该文件。</translation>
    </message>
    <message>
        <source>{name} is being restored by another process: stop it first.</source>
        <translation>另一个进程正在修复 {name}：请先停止它。</translation>
    </message>
    <message>
        <source>{name} is damaged (its tag {tag} can&apos;t be read): get an intact copy of it.</source>
        <translation>{name} 已损坏（无法读取其标签 {tag}）：请获取一份完好的副本。</translation>
    </message>
    <message>
        <source>{name} is locked by another program: close it there, or save elsewhere; the work is still open.</source>
        <translation>{name} 正被另一程序占用：请在那里关闭，或保存到别处；工作仍处于打开状态。</translation>
    </message>
    <message>
        <source>{name} is longer than the hub stated; nothing was kept.</source>
        <translation>{name} 比模型库所述更长；未保留任何内容。</translation>
    </message>
    <message>
        <source>{name} is no adapter but a {kind}; adapters are {kinds}.</source>
        <translation>{name} 不是适配器，而是 {kind}；适配器有 {kinds}。</translation>
    </message>
    <message>
        <source>{name} is no style adapter but a {kind}; train one with imagest train style.</source>
        <translation>{name} 不是风格适配器，而是 {kind}；请用 imagest train style 训练。</translation>
    </message>
    <message>
        <source>{name} is not a picture that can be restored: choose a TIFF, PNG, JPEG, WebP or JPEG 2000 file.</source>
        <translation>{name} 不是可以修复的图像：请选择 TIFF、PNG、JPEG、WebP 或 JPEG 2000 文件。</translation>
    </message>
    <message>
        <source>{name} is not installed: install it, or choose --runtime {other}.</source>
        <translation>{name} 未安装；请安装，或选择 --runtime {other}。</translation>
    </message>
    <message>
        <source>{name} is {kind}: convert it to 8- or 16-bit RGB, then open it again.</source>
        <translation>{name} 是{kind}：请转换为 8 位或 16 位 RGB 后重新打开。</translation>
    </message>
    <message>
        <source>{name} is {kind}: {remedy}, then open that.</source>
        <translation>{name} 是{kind}：请{remedy}，然后打开该文件。</translation>
    </message>
    <message>
        <source>{name} is {what}: {remedy}, then open it again.</source>
        <translation>{name} 是{what}：请{remedy}，然后重新打开。</translation>
    </message>
    <message>
        <source>{name} isn&apos;t a .safetensors file; name one.</source>
        <translation>{name} 不是 .safetensors 文件；请指明一个这样的文件。</translation>
    </message>
    <message>
        <source>{name} of the model {folder} was changed or damaged: add the model again.</source>
        <translation>模型 {folder} 的 {name} 已更改或损坏：请重新添加该模型。</translation>
    </message>
    <message>
        <source>{name} of {repository} arrived damaged; fetch it again.</source>
        <translation>{repository} 的 {name} 下载后已损坏；请重新获取。</translation>
    </message>
    <message>
        <source>{name} was changed after it was written: move it away.</source>
        <translation>{name} 在写入之后被修改过：请把它移走。</translation>
    </message>
    <message>
        <source>{one} and {other} would both become {name}: rename one of them.</source>
        <translation>{one} 和 {other} 都会成为 {name}：请重命名其中一个。</translation>
    </message>
    <message>
        <source>{out} exists already; choose another name, or --force to replace it.</source>
        <translation>{out} 已存在；请另选名称或允许替换。</translation>
    </message>
    <message>
        <source>{out} holds a batch with other options: give the same ones, another folder, or --force to restore all scans again.</source>
        <translation>{out} 中有一批采用其他选项的任务：请给出相同的选项、另一个文件夹，或用 --force 重新修复所有扫描件。</translation>
    </message>
    <message>
        <source>{out} is given for two of the output files; choose different names.</source>
        <translation>{out} 不能同时作为两个要写入的文件；请分别命名。</translation>
    </message>
    <message>
        <source>{out} is not a file; choose another name.</source>
        <translation>{out} 不是文件；请另选名称。</translation>
    </message>
    <message>
        <source>{out} is one of the inputs, which are never written; choose another name.</source>
        <translation>{out} 是输入文件之一，输入文件绝不会被写入；请另选名称。</translation>
    </message>
    <message>
        <source>{out} is the damaged project itself, which is never changed: choose another name.</source>
        <translation>{out} 就是受损的项目文件本身，不会被改动：请另选名称。</translation>
    </message>
    <message>
        <source>{out} is the project itself: choose another name for the export.</source>
        <translation>{out} 就是项目文件本身：请为导出另选名称。</translation>
    </message>
    <message>
        <source>{out} is the source itself, which is never written; choose another name.</source>
        <translation>{out} 就是原扫描件，永远不会被改写；请另选名称。</translation>
    </message>
    <message>
        <source>{out} is {existing} and can&apos;t be replaced by another kind of file; choose another name.</source>
        <translation>{out} 是{existing}，只能由同类文件替换；请另选名称。</translation>
    </message>
    <message>
        <source>{out} must end in .png or .tif: choose such a name.</source>
        <translation>{out} 必须以 .png 或 .tif 结尾：请选择这样的文件名。</translation>
    </message>
    <message>
        <source>{out} needs {needed} MB, but only {free} MB are free in {parent}; free some space or choose another disk.</source>
        <translation>{out} 需要 {needed} MB，而 {parent} 中只剩 {free} MB；请腾出空间或另选磁盘。</translation>
    </message>
    <message>
        <source>{part} after the JPEG</source>
        <translation>JPEG 之后的 {part}</translation>
    </message>
    <message>
        <source>{path} already exists: choose another name.</source>
        <translation>{path} 已存在：请另选名称。</translation>
    </message>
    <message>
        <source>{path} belongs to {name}, which can&apos;t be used as a single file; add the model&apos;s folder with its model_index.json, if there is one.</source>
        <translation>{path} 属于 {name}，不能作为单个文件使用；如有包含 model_index.json 的模型文件夹，请添加该文件夹。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be created: {reason}.</source>
        <translation>无法创建 {path}：{reason}。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be opened: check that it exists and that you may read it.</source>
        <translation>无法打开 {path}：请确认它存在且可以读取。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read ({reason}).</source>
        <translation>无法读取 {path}（{reason}）。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read ({reason}): check the folder and its rights.</source>
        <translation>无法读取 {path}（{reason}）：请检查文件夹及其权限。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read any more: open it again.</source>
        <translation>{path} 已无法读取：请重新打开。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read as safetensors ({reason}).</source>
        <translation>无法将 {path} 作为 safetensors 读取（{reason}）。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read: ask for permission to read it.</source>
        <translation>无法读取 {path}：请取得读取权限。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read: {reason}.</source>
        <translation>无法读取 {path}：{reason}。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be understood as a description of ONNX graphs ({reason}): export the model again with imagest models export-onnx.</source>
        <translation>无法将 {path} 理解为 ONNX 图的说明（{reason}）：请用 imagest models export-onnx 重新导出模型。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be understood as a model&apos;s description ({reason}).</source>
        <translation>{path} 无法解读为模型描述（{reason}）。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be understood as a tokenizer of CLIP ({reason}).</source>
        <translation>无法将 {path} 理解为 CLIP 的分词器（{reason}）。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be written ({reason}): free some space or choose another folder; the work is still open.</source>
        <translation>无法写入 {path}（{reason}）：请腾出空间或换一个文件夹；工作仍处于打开状态。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be written: check its folder, or save the project in another one; the work is still open.</source>
        <translation>无法写入 {path}：请检查其文件夹，或将项目保存到另一处；工作仍处于打开状态。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be written: it can&apos;t be encoded as {suffix}.</source>
        <translation>{path} 无法写入：无法编码为 {suffix}。</translation>
    </message>
    <message>
        <source>{path} decodes to {nbytes} GB, and {format} can only be decoded as a whole: save it as a tiled TIFF.</source>
        <translation>{path} 解码后为 {nbytes} GB，而 {format} 只能整体解码：请存为分块 TIFF。</translation>
    </message>
    <message>
        <source>{path} doesn&apos;t exist: check the name, or whether its disk is connected.</source>
        <translation>{path} 不在那里：请检查名称，或其磁盘是否已连接。</translation>
    </message>
    <message>
        <source>{path} doesn&apos;t exist: check the name.</source>
        <translation>{path} 不存在：请检查文件名。</translation>
    </message>
    <message>
        <source>{path} doesn&apos;t fit the network (at {layer}): study the painting again.</source>
        <translation>{path} 与网络不匹配（在 {layer} 处）：请重新研究画作。</translation>
    </message>
    <message>
        <source>{path} doesn&apos;t have the tables of an Imagest project ({foreign}): `imagest project rescue` reads what can be read into a new file.</source>
        <translation>{path} 中的数据表不是 Imagest 项目的数据表（{foreign}）：用 `imagest project rescue` 可将仍可读取的内容读入新文件。</translation>
    </message>
    <message>
        <source>{path} doesn&apos;t name {missing}.</source>
        <translation>{path} 未列出 {missing}。</translation>
    </message>
    <message>
        <source>{path} has a colour profile that {reason}: assign the right one in another program, or let sRGB be assumed (--assume-srgb).</source>
        <translation>{path} 的颜色配置文件{reason}：请在其他程序中指定正确的配置，或允许按 sRGB 处理（--assume-srgb）。</translation>
    </message>
    <message>
        <source>{path} has a network of an unusual structure that can&apos;t be loaded ({reason}).</source>
        <translation>{path} 的网络结构特殊，无法加载（{reason}）。</translation>
    </message>
    <message>
        <source>{path} has an unexpected tensor: {name} ({count} in all).</source>
        <translation>{path} 含有多余的张量：{name}（共 {count} 个）。</translation>
    </message>
    <message>
        <source>{path} has changed since it was opened: open it again.</source>
        <translation>{path} 在打开之后已被更改：请重新打开。</translation>
    </message>
    <message>
        <source>{path} has changed since it was saved, as its checksum shows: use an intact copy, or learn and save the model again.</source>
        <translation>校验和显示 {path} 在保存后被更改：请使用完好的副本，或重新学习并保存模型。</translation>
    </message>
    <message>
        <source>{path} has changed since the project was created ({what}): locate the original scan, or create a new project.</source>
        <translation>{path} 自项目建立以来已改变（{what}）：请指出原始扫描件的位置，或新建项目。</translation>
    </message>
    <message>
        <source>{path} has one page, number 0: there is no page {page}.</source>
        <translation>{path} 只有一页，编号为 0：没有第 {page} 页。</translation>
    </message>
    <message>
        <source>{path} holds no Swin transformer of the style encoder&apos;s size (at {name}); the paper&apos;s is timm&apos;s swin_small_patch4_window7_224.</source>
        <translation>{path} 中没有风格编码器大小的 Swin 变换器（在 {name} 处）；论文使用的是 timm 的 swin_small_patch4_window7_224。</translation>
    </message>
    <message>
        <source>{path} is a CMYK picture: convert it to 8- or 16-bit RGB, then open it again.</source>
        <translation>{path} 是 CMYK 图片：请转换为 8 位或 16 位 RGB 后重新打开。</translation>
    </message>
    <message>
        <source>{path} is a JPEG-LS picture: save it as a 16-bit TIFF, then open that.</source>
        <translation>{path} 是 JPEG-LS 图片：请存为 16 位 TIFF，然后打开该文件。</translation>
    </message>
    <message>
        <source>{path} is a PNG of an unknown kind: save it again as 8- or 16-bit RGB.</source>
        <translation>{path} 是未知类型的 PNG：请重新存为 8 位或 16 位 RGB。</translation>
    </message>
    <message>
        <source>{path} is a YCbCr picture that can&apos;t be decoded: convert it to 8- or 16-bit RGB, then open it again.</source>
        <translation>{path} 是无法解码的 YCbCr 图片：请转换为 8 位或 16 位 RGB 后重新打开。</translation>
    </message>
    <message>
        <source>{path} is a folder: name the picture in it.</source>
        <translation>{path} 是文件夹：请选择其中的图片。</translation>
    </message>
    <message>
        <source>{path} is a model of the family {family}, not Stable Diffusion 1, 2 or XL; use the engine pipeline.</source>
        <translation>{path} 属于 {family} 系列，不是 Stable Diffusion 1、2 或 XL；请使用引擎 pipeline。</translation>
    </message>
    <message>
        <source>{path} is a palette (indexed colour) picture: convert it to RGB, then open it again.</source>
        <translation>{path} 是索引色图片：请转换为 RGB 后重新打开。</translation>
    </message>
    <message>
        <source>{path} is a special Stable Diffusion model with {channels} input channels; only those with 4 and, for inpainting, 9 can be used.</source>
        <translation>{path} 是有 {channels} 个输入通道的特殊 Stable Diffusion 模型；只能使用 4 个通道的模型，以及用于修补的 9 个通道的模型。</translation>
    </message>
    <message>
        <source>{path} is an IP-Adapter without its image encoder; put the folder image_encoder beside it.</source>
        <translation>{path} 是缺少图像编码器的 IP-Adapter；请把文件夹 image_encoder 放在它旁边。</translation>
    </message>
    <message>
        <source>{path} is an animation: save one of its pictures as a still.</source>
        <translation>{path} 是动画：请将其中一幅存为静态图片。</translation>
    </message>
    <message>
        <source>{path} is an incomplete autoencoder.</source>
        <translation>{path} 是不完整的自编码器。</translation>
    </message>
    <message>
        <source>{path} is being changed by another program: try again in a moment.</source>
        <translation>{path} 正被另一程序更改：请稍后重试。</translation>
    </message>
    <message>
        <source>{path} is closed: open it again.</source>
        <translation>{path} 已关闭：请重新打开。</translation>
    </message>
    <message>
        <source>{path} is compressed in {kind} of {size} GB: save it with smaller tiles.</source>
        <translation>{path} 以每个 {size} GB 的{kind}压缩：请用较小的分块保存。</translation>
    </message>
    <message>
        <source>{path} is damaged (its picture doesn&apos;t match its header): get an intact copy of it.</source>
        <translation>{path} 已损坏：其中的图像与文件头所述不符；请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is damaged or cut short and can&apos;t be decoded: get an intact copy of it.</source>
        <translation>{path} 已损坏或不完整，无法解码：请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is damaged: `imagest project rescue` reads what can be read into a new file.</source>
        <translation>{path} 已损坏：`imagest project rescue` 可将能读出的内容写入新文件。</translation>
    </message>
    <message>
        <source>{path} is empty: get an intact copy of it.</source>
        <translation>{path} 是空文件：请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} is in the folder of a job list.</source>
        <translation>{path} 位于任务列表的文件夹中。</translation>
    </message>
    <message>
        <source>{path} is in use by {holder}: choose another name.</source>
        <translation>{path} 已被打开：{holder} 正在使用。请另选名称。</translation>
    </message>
    <message>
        <source>{path} is in use by {holder}: save it under another name to change it.</source>
        <translation>{path} 已被打开：{holder} 正在使用。要更改请另存为其他名称。</translation>
    </message>
    <message>
        <source>{path} is neither a folder nor a list: name a text file with one scan a line.</source>
        <translation>{path} 既不是文件夹也不是列表：请给出每行一个扫描件的文本文件。</translation>
    </message>
    <message>
        <source>{path} is neither a folder nor a regular file.</source>
        <translation>{path} 既不是文件夹，也不是普通文件。</translation>
    </message>
    <message>
        <source>{path} is no longer in place (moved, deleted, or its disk was removed): save the project under another name; the work is still open.</source>
        <translation>{path} 已不在原处（被移动、删除，或磁盘已断开）：请将项目另存为其他名称；工作仍处于打开状态。</translation>
    </message>
    <message>
        <source>{path} is no study of a painting: make one with imagest train painting.</source>
        <translation>{path} 不是画作的研究：请用 imagest train painting 制作。</translation>
    </message>
    <message>
        <source>{path} is not a regular file: name a picture.</source>
        <translation>{path} 不是普通文件：请选择一张图片。</translation>
    </message>
    <message>
        <source>{path} is not a regular file: name one that is stored on a disk.</source>
        <translation>{path} 不是普通文件：请指定存储在磁盘上的文件。</translation>
    </message>
    <message>
        <source>{path} is not an Imagest project: choose a file that ends in .imagest.</source>
        <translation>{path} 不是 Imagest 项目：请选择以 .imagest 结尾的文件。</translation>
    </message>
    <message>
        <source>{path} is not in a supported picture format: open {known} files.</source>
        <translation>{path} 不是本程序认识的图片：请打开 {known} 文件。</translation>
    </message>
    <message>
        <source>{path} is not the scan of this project: choose the file it was created with.</source>
        <translation>{path} 不是本项目的扫描件：请选择开始项目时所用的文件。</translation>
    </message>
    <message>
        <source>{path} is only one part of a model; add its folder with the config.json.</source>
        <translation>{path} 只是模型的一部分；请添加其包含 config.json 的文件夹。</translation>
    </message>
    <message>
        <source>{path} is only one part of a model; add the folder that holds its model_index.json.</source>
        <translation>{path} 只是模型的一部分；请添加包含其 model_index.json 的文件夹。</translation>
    </message>
    <message>
        <source>{path} is pickled, which may run code when it is loaded; get the .safetensors version of the model, or convert it on a machine without important data.</source>
        <translation>{path} 是 pickle 格式，加载时可能执行代码；请获取该模型的 .safetensors 版本，或在没有重要数据的计算机上转换。</translation>
    </message>
    <message>
        <source>{path} is read-only: save the project under another name to change it.</source>
        <translation>{path} 只能读取：要更改请将项目另存为其他名称。</translation>
    </message>
    <message>
        <source>{path} is {actual}, but the project was created with {expected}: locate the original scan.</source>
        <translation>{path} 为 {actual}，但项目开始时为 {expected}：请指出原扫描件的位置。</translation>
    </message>
    <message>
        <source>{path} is {kind} of {channels}: convert it to 8-bit RGB or grey.</source>
        <translation>{path} 是{channels}的 {kind}：请转换为 8 位 RGB 或灰度。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a folder, but the job list needs one there: move it away, or choose another folder for the results.</source>
        <translation>{path} 不是文件夹，但任务列表需要该位置为文件夹：请将其移走，或为结果选择另一个文件夹。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a graph of Stable Diffusion that ONNX Runtime can use: export the model again with imagest models export-onnx.</source>
        <translation>{path} 不是 ONNX Runtime 可用的 Stable Diffusion 图：请用 imagest models export-onnx 重新导出模型。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a kind of model that this program knows; the manual&apos;s page on models lists them.</source>
        <translation>{path} 不是本程序认识的模型种类；手册中关于模型的页面列出了这些种类。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a mask recipe ({reason}): write one with imagest mask --save-recipe.</source>
        <translation>{path} 不是蒙版配方（{reason}）：请用 imagest mask --save-recipe 写出一个。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t a single Stable Diffusion file: leave out --prediction.</source>
        <translation>{path} 不是单个 Stable Diffusion 文件：请去掉 --prediction。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t an intact damage model ({reason}).</source>
        <translation>{path} 不是完好的损伤模型（{reason}）。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t an intact safetensors file ({reason}).</source>
        <translation>{path} 不是完好的 safetensors 文件（{reason}）。</translation>
    </message>
    <message>
        <source>{path} isn&apos;t the scan of this project any more: its hash differs.</source>
        <translation>{path} 已不是本项目的扫描件：其哈希值不同。</translation>
    </message>
    <message>
        <source>{path} lacks the tensor {name} ({count} in all).</source>
        <translation>{path} 缺少张量 {name}（共 {count} 个）。</translation>
    </message>
    <message>
        <source>{path} lacks {part}; get the complete model.</source>
        <translation>{path} 缺少{part}；请获取完整的模型。</translation>
    </message>
    <message>
        <source>{path} needs an image encoder of the width {width}, but the one beside it has {given}.</source>
        <translation>{path} 需要宽度为 {width} 的图像编码器，但旁边的编码器宽度为 {given}。</translation>
    </message>
    <message>
        <source>{path} needs more memory than is available: save it as a tiled TIFF.</source>
        <translation>{path} 所需内存超过现有内存：请存为分块 TIFF。</translation>
    </message>
    <message>
        <source>{path} was changed outside of Imagest: {findings}.</source>
        <translation>{path} 在 Imagest 之外被更改过：{findings}。</translation>
    </message>
    <message>
        <source>{path} was cut short while it was open: get an intact copy of it.</source>
        <translation>{path} 在打开期间被截短：请取得完好的副本。</translation>
    </message>
    <message>
        <source>{path} was made by a newer Imagest (file version {version}, this program knows up to {known}): update the program to open it.</source>
        <translation>{path} 由较新的 Imagest 生成（文件版本 {version}，本程序支持到 {known}）：请更新程序后打开。</translation>
    </message>
    <message>
        <source>{path} was opened read-only.</source>
        <translation>{path} 仅以查看方式打开。</translation>
    </message>
    <message>
        <source>{path} was rewritten by another program: every sample is unchanged, but not {what}; accept it to continue (--accept-rewritten), or restore the original file.</source>
        <translation>{path} 已被其他程序改写：所有样本值保持不变，但有变化的是{what}；可接受并继续使用（--accept-rewritten），或放回原始文件。</translation>
    </message>
    <message>
        <source>{path}: the tensor {name} has the shape {shapes}.</source>
        <translation>{path}：张量 {name} 的形状为 {shapes}。</translation>
    </message>
    <message>
        <source>{path}: the tensor {name} has the shape {shape} instead of {expected}.</source>
        <translation>{path}：张量 {name} 的形状为 {shape}，而应为 {expected}。</translation>
    </message>
    <message>
        <source>{path}: the tensor {name} is of the type {kinds}, not a float.</source>
        <translation>{path}：张量 {name} 的类型为 {kinds}，而不是浮点。</translation>
    </message>
    <message>
        <source>{pixels} pixels are protected: they were neither filled nor used as a source of paint.</source>
        <translation>{pixels} 个像素受保护：既未填补，也未用作颜料来源。</translation>
    </message>
    <message>
        <source>{program} data</source>
        <translation>{program} 数据</translation>
    </message>
    <message>
        <source>{program} edits</source>
        <translation>{program} 编辑记录</translation>
    </message>
    <message>
        <source>{program} preview</source>
        <translation>{program} 预览</translation>
    </message>
    <message>
        <source>{program} text</source>
        <translation>{program} 文本</translation>
    </message>
    <message>
        <source>{program} thumbnail</source>
        <translation>{program} 缩略图</translation>
    </message>
    <message>
        <source>{project} is damaged, so its older backups were kept: `imagest project rescue` reads what can be read into a new file.</source>
        <translation>{project} 已损坏，因此保留了较早的备份：`imagest project rescue` 可将能读出的内容写入新文件。</translation>
    </message>
    <message>
        <source>{reason} The download stays in {folder}: the next try uses it. Delete that folder if you don&apos;t need it.</source>
        <translation>{reason}下载内容保留在 {folder}：下次尝试会使用它。如不需要，请删除该文件夹。</translation>
    </message>
    <message>
        <source>{record} was changed after it was written{changed}.</source>
        <translation>{record} 在写入之后被更改过{changed}。</translation>
    </message>
    <message>
        <source>{repository} has no file or folder {name}.</source>
        <translation>{repository} 中没有文件或文件夹 {name}。</translation>
    </message>
    <message>
        <source>{repository} holds several models: name the file or folder of one, such as {name}.</source>
        <translation>{repository} 中有多个模型：请指明其中一个的文件或文件夹，例如 {name}。</translation>
    </message>
    <message>
        <source>{repository} {problem}; choose another repository.</source>
        <translation>{repository} {problem}；请选择其他仓库。</translation>
    </message>
    <message>
        <source>{scan} doesn&apos;t exist: put the file back, or correct its name.</source>
        <translation>{scan} 不存在：请把文件放回，或改正其名称。</translation>
    </message>
    <message>
        <source>{scan} has no mask: put {stem}{suffix}.png beside it, or give a recipe.</source>
        <translation>{scan} 没有蒙版：请将 {stem}{suffix}.png 放在它旁边，或给出配方。</translation>
    </message>
    <message>
        <source>{scan} is a link to a file that doesn&apos;t exist: put the file back, or name another one.</source>
        <translation>{scan} 是一个链接，其指向的文件不存在：请把文件放回，或指定另一个文件。</translation>
    </message>
    <message>
        <source>{scan} is listed twice: remove one of the lines.</source>
        <translation>{scan} 列出了两次：请删除其中一行。</translation>
    </message>
    <message>
        <source>{scan} is not a regular file: name a picture.</source>
        <translation>{scan} 不是普通文件：请指定一个图像。</translation>
    </message>
    <message>
        <source>{sentence} Or give --force to restore all scans again.</source>
        <translation>{sentence}或者使用 --force 重新修复所有扫描件。</translation>
    </message>
    <message>
        <source>{source} changed while it was copied; try again.</source>
        <translation>{source} 在复制期间发生了变化；请重试。</translation>
    </message>
    <message>
        <source>{target} can&apos;t be replaced; close it where it is open, and try again.</source>
        <translation>无法替换 {target}；请在打开它的程序中关闭后重试。</translation>
    </message>
    <message>
        <source>{target} can&apos;t be written: {reason}.</source>
        <translation>无法写入 {target}：{reason}。</translation>
    </message>
    <message>
        <source>{target} exists already; choose another name.</source>
        <translation>{target} 已存在；请另选名称。</translation>
    </message>
    <message>
        <source>{user} on {host} (process {pid}) since {time}</source>
        <translation>{host} 上的 {user}（进程 {pid}，自 {time} 起）</translation>
    </message>
    <message>
        <source>×</source>
        <translation>倍</translation>
    </message>
    <message>
        <source>“{name}” can&apos;t be applied, because the damage has changed since: nothing was changed; run it again on the current damage.</source>
        <translation>无法应用“{name}”，因为损伤已不是生成它时的样子：未做任何更改；请按现在的损伤重新生成。</translation>
    </message>
    <message>
        <source>“{operation}” is damaged in the project file: `imagest project rescue` reads what can be read into a new file.</source>
        <translation>项目文件中的“{operation}”已损坏：`imagest project rescue` 可将能读取的内容读入新文件。</translation>
    </message>
    <message>
        <source>flatten it to grey, RGB or RGB with alpha</source>
        <translation>合并为灰度、RGB 或带透明度的 RGB</translation>
    </message>
    <message>
        <source>save one layer as a flat picture</source>
        <translation>将其中一层存为平面图像</translation>
    </message>
    <message>
        <source>a CMYK picture</source>
        <translation>CMYK 图片</translation>
    </message>
    <message>
        <source>a palette (indexed colour) picture</source>
        <translation>索引色图片</translation>
    </message>
    <message>
        <source>a CIE L*a*b* picture</source>
        <translation>CIE L*a*b* 图片</translation>
    </message>
    <message>
        <source>There is no language model in the library: add one under Models (imagest models add PATH).</source>
        <translation>模型库中没有语言模型：请在“模型”中添加（imagest models add PATH）。</translation>
    </message>
    <message>
        <source>a floating-point picture</source>
        <translation>浮点图片</translation>
    </message>
    <message>
        <source>a signed whole-number picture</source>
        <translation>有符号整数图片</translation>
    </message>
    <message>
        <source>seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>style strength</source>
        <translation>风格强度</translation>
    </message>
    <message>
        <source>takes no adapters</source>
        <translation>不接受适配器</translation>
    </message>
    <message>
        <source>takes no style</source>
        <translation>不接受风格</translation>
    </message>
    <message>
        <source>the disk reports an error</source>
        <translation>磁盘报告错误</translation>
    </message>
    <message>
        <source>the folder is not writable</source>
        <translation>该文件夹不可写入</translation>
    </message>
    <message>
        <source>the disk is read-only</source>
        <translation>该磁盘为只读</translation>
    </message>
    <message>
        <source>the name is too long</source>
        <translation>名称过长</translation>
    </message>
    <message>
        <source>its folder doesn&apos;t exist</source>
        <translation>其文件夹不存在</translation>
    </message>
    <message>
        <source>The project&apos;s data on this export&apos;s record can&apos;t be read.</source>
        <translation>无法读取项目所保存的此次导出的记录信息。</translation>
    </message>
    <message>
        <source>The stroke has already ended: start another one.</source>
        <translation>这一笔已经结束：请重新开始一笔。</translation>
    </message>
    <message>
        <source>A stroke is in progress: finish it first.</source>
        <translation>正在绘制一笔：请先完成它。</translation>
    </message>
    <message>
        <source>A packed part of the project is damaged or larger than it may be: `imagest project rescue` reads what can be read into a new file.</source>
        <translation>项目中有一部分压缩数据已损坏或超出允许的大小：`imagest project rescue` 可将能读取的内容读入新文件。</translation>
    </message>
    <message>
        <source>Some damage belonged to a class that doesn&apos;t exist; it is shown as “recovered” and only recorded: check it, then set it to be filled, or erase it.</source>
        <translation>有些损伤所属的类别不存在；它以“recovered”显示且只作记录：请查看后决定填补或擦除。</translation>
    </message>
    <message>
        <source>The path of the last export can&apos;t be read: name the file to verify.</source>
        <translation>无法读取上次导出的位置：请指定要核对的文件。</translation>
    </message>
    <message>
        <source>its samples</source>
        <translation>样本值</translation>
    </message>
    <message>
        <source>its metadata</source>
        <translation>元数据</translation>
    </message>
    <message>
        <source>its encoding</source>
        <translation>存储方式</translation>
    </message>
    <message>
        <source>it can no longer be read as a picture</source>
        <translation>已无法作为图片读取</translation>
    </message>
    <message>
        <source>its samples can&apos;t be compared, since they were never recorded</source>
        <translation>无法判断样本值是否相同，因为从未记录过</translation>
    </message>
    <message>
        <source>a picture</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>a project</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>1 channel</source>
        <translation>单通道</translation>
    </message>
    <message>
        <source>The file stores YCbCr samples; they are read as RGB.</source>
        <translation>文件存储的是 YCbCr 样本；按 RGB 读取。</translation>
    </message>
    <message>
        <source>is cut short</source>
        <translation>被截断</translation>
    </message>
    <message>
        <source>is damaged: its table from colours to samples can&apos;t be used</source>
        <translation>已损坏：其从颜色到样本的表无法使用</translation>
    </message>
    <message>
        <source>works in one direction only: it has no table from colours back to samples</source>
        <translation>只能单向使用：没有从颜色回到样本的表</translation>
    </message>
    <message>
        <source>works in one direction only: it has no table from samples to colours</source>
        <translation>只能单向使用：没有从样本到颜色的表</translation>
    </message>
    <message>
        <source>contains no colour data</source>
        <translation>未说明任何颜色</translation>
    </message>
    <message>
        <source>doesn&apos;t convert colours back to the same samples</source>
        <translation>无法从颜色回到原来的样本</translation>
    </message>
    <message>
        <source>tiff:Orientation in the XMP (tag {tag}), as 1 (upright)</source>
        <translation>XMP 中的 tiff:Orientation（标签 {tag}），写为 1（正向）</translation>
    </message>
    <message>
        <source>uses an unknown connection space</source>
        <translation>不指向任何已知的色彩空间</translation>
    </message>
    <message>
        <source>is a device link, which describes no colours</source>
        <translation>是设备链接，不描述颜色</translation>
    </message>
    <message>
        <source>is a list of named colours</source>
        <translation>是专色列表</translation>
    </message>
    <message>
        <source>is an abstract profile, which describes no colours of a file</source>
        <translation>是抽象配置，不描述文件的颜色</translation>
    </message>
    <message>
        <source>grey</source>
        <translation>灰度</translation>
    </message>
    <message>
        <source>another kind of picture</source>
        <translation>其他类型的图片</translation>
    </message>
    <message>
        <source>save it as a 16-bit TIFF</source>
        <translation>另存为 16 位 TIFF</translation>
    </message>
    <message>
        <source>export it as a 16-bit TIFF</source>
        <translation>导出为 16 位 TIFF</translation>
    </message>
    <message>
        <source>develop it and save it as a 16-bit TIFF</source>
        <translation>冲洗后另存为 16 位 TIFF</translation>
    </message>
    <message>
        <source>a raw camera file</source>
        <translation>相机原始文件</translation>
    </message>
    <message>
        <source>an icon (ICO)</source>
        <translation>图标（ICO）</translation>
    </message>
    <message>
        <source>a planar YCbCr picture</source>
        <translation>分平面的 YCbCr 图片</translation>
    </message>
    <message>
        <source>a YCbCr picture of an unknown layout</source>
        <translation>布局未知的 YCbCr 图片</translation>
    </message>
</context>
<context>
    <name>Curtain</name>
    <message>
        <source>Curtain between original and restored</source>
        <translation>原件与修复件之间的卷帘</translation>
    </message>
</context>
<context>
    <name>DamageModel</name>
    <message>
        <source>Reading the damage model</source>
        <translation>正在读取损伤模型</translation>
    </message>
    <message>
        <source>The damage model was saved as {0}.</source>
        <translation>损伤模型已保存为 {0}。</translation>
    </message>
    <message>
        <source>Saving the damage model</source>
        <translation>正在保存损伤模型</translation>
    </message>
</context>
<context>
    <name>DamagePanel</name>
    <message>
        <source>Don’t paint over other classes</source>
        <translation>不覆盖其他类别</translation>
    </message>
    <message>
        <source>Derive the mask</source>
        <translation>生成蒙版</translation>
    </message>
    <message>
        <source>Other pictures of the work</source>
        <translation>作品的其他图片</translation>
    </message>
    <message>
        <source>Add a damage class</source>
        <translation>添加损伤类别</translation>
    </message>
    <message>
        <source>Where is it damaged?</source>
        <translation>哪里受损？</translation>
    </message>
    <message>
        <source>Paint over the damage, let the program find it, or import a mask. You can combine all three.</source>
        <translation>涂出损伤、由程序查找或导入蒙版；三种方式可结合使用。</translation>
    </message>
    <message>
        <source>no damage marked</source>
        <translation>尚未标记损伤</translation>
    </message>
    <message>
        <source>{0} of the selection</source>
        <translation>选区的 {0}</translation>
    </message>
    <message>
        <source>Paint</source>
        <translation>绘制</translation>
    </message>
    <message>
        <source>Derive</source>
        <translation>生成</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>{0} of the surface</source>
        <translation>占画面 {0}</translation>
    </message>
    <message>
        <source>Import a mask file</source>
        <translation>导入蒙版文件</translation>
    </message>
</context>
<context>
    <name>Deciding</name>
    <message>
        <source>%n region(s) accepted. Export writes what is accepted into a copy of the scan.</source>
        <translation>已接受 %n 个区域。导出会将已接受的内容写入扫描件的副本。</translation>
    </message>
    <message>
        <source>In %n region(s) the hypothesis that you accepted stays.</source>
        <translation>%n 个区域保留了您已接受的假设。</translation>
    </message>
    <message>
        <source>%n region(s) of other results are no longer accepted: they are replaced.</source>
        <translation>其他结果中有 %n 个区域不再被接受：它们已被取代。</translation>
    </message>
    <message>
        <source>Every region of this result is reviewed.</source>
        <translation>此结果的所有区域均已审阅。</translation>
    </message>
    <message>
        <source>Show a result first: a part of it can be rejected.</source>
        <translation>请先显示一个结果：可以拒绝它的一部分。</translation>
    </message>
</context>
<context>
    <name>DerivePanel</name>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>From a clean picture of the same work</source>
        <translation>由同一作品的完好图片</translation>
    </message>
    <message>
        <source>Cracks</source>
        <translation>裂纹</translation>
    </message>
    <message>
        <source>From the scan alone: thin dark or light lines</source>
        <translation>仅由扫描件：细的深色或浅色线条</translation>
    </message>
    <message>
        <source>Losses</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>From the scan alone: areas where the ground shows</source>
        <translation>仅由扫描件：露出底料的区域</translation>
    </message>
    <message>
        <source>Strokes</source>
        <translation>笔画</translation>
    </message>
    <message>
        <source>Learned from strokes that you paint: any damage</source>
        <translation>从您画的笔画中学习：适用于任何损伤</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Learn from strokes</source>
        <translation>从笔画学习</translation>
    </message>
    <message>
        <source>Show the program some damage and some intact paint</source>
        <translation>向程序展示一些损伤和一些完好颜料</translation>
    </message>
    <message>
        <source>Finds what looks like the damage that you paint over, also several classes.</source>
        <translation>查找与您所画损伤相似的地方，也可同时有多个类别。</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Cracks darker than the paint</source>
        <translation>比颜料更深的裂纹</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Cracks lighter than the paint</source>
        <translation>比颜料更浅的裂纹</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>两者</translation>
    </message>
    <message>
        <source>Tone of the cracks</source>
        <translation>裂纹色调</translation>
    </message>
    <message>
        <source>Analysing the scan…</source>
        <translation>正在分析扫描件…</translation>
    </message>
    <message>
        <source>The preview failed: change a parameter to try again.</source>
        <translation>预览失败：请更改参数后重试。</translation>
    </message>
    <message>
        <source>Preview: {0} of the visible part is marked.</source>
        <translation>预览：可见部分的 {0} 被标记。</translation>
    </message>
    <message>
        <source>Computed at 1:{0}; zoom in to see finer damage.</source>
        <translation>以 1:{0} 计算；放大可查看更细的损伤。</translation>
    </message>
    <message>
        <source>{0}: {1} px marked. Correct the mask with the brush and the eraser.</source>
        <translation>{0}：已标记 {1} 像素。请用画笔和橡皮修正蒙版。</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Choose a clean picture of the same work to compare with.</source>
        <translation>请选择同一作品的完好图片进行比较。</translation>
    </message>
    <message>
        <source>Deriving the mask</source>
        <translation>正在生成蒙版</translation>
    </message>
</context>
<context>
    <name>Device</name>
    <message>
        <source>{0} GB free</source>
        <translation>{0} GB 可用</translation>
    </message>
    <message>
        <source>CPU, {0} cores</source>
        <translation>CPU，{0} 核</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
</context>
<context>
    <name>DifferenceLegend</name>
    <message>
        <source>Legend of the difference map</source>
        <translation>差异图图例</translation>
    </message>
    <message>
        <source>Difference, ΔE 2000</source>
        <translation>差异，ΔE 2000</translation>
    </message>
</context>
<context>
    <name>Dock</name>
    <message>
        <source>Open {0}</source>
        <translation>打开{0}</translation>
    </message>
</context>
<context>
    <name>DockTitleBar</name>
    <message>
        <source>Open {0}</source>
        <translation>打开{0}</translation>
    </message>
</context>
<context>
    <name>DownloadDialog</name>
    <message>
        <source>Download a model</source>
        <translation>下载模型</translation>
    </message>
    <message>
        <source>This is the only place where the program uses the network. Nothing is sent but the request.</source>
        <translation>这是程序唯一使用网络的地方。除请求外不发送任何内容。</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可</translation>
    </message>
    <message>
        <source>Accept the licence and download</source>
        <translation>接受许可并下载</translation>
    </message>
    <message>
        <source>Only if the repository has several models</source>
        <translation>仅当仓库中有多个模型时</translation>
    </message>
    <message>
        <source>Look up</source>
        <translation>查询</translation>
    </message>
    <message>
        <source>Repository</source>
        <translation>仓库</translation>
    </message>
    <message>
        <source>File or folder</source>
        <translation>文件或文件夹</translation>
    </message>
    <message>
        <source>Look up a model</source>
        <translation>查询模型</translation>
    </message>
    <message>
        <source>{0} files, {1}; {2} free on the disk</source>
        <translation>{0} 个文件，{1}；磁盘剩余 {2}</translation>
    </message>
    <message>
        <source>not stated; see the page of the model</source>
        <translation>未说明；请查看模型的页面</translation>
    </message>
    <message>
        <source>Licence: {0}</source>
        <translation>许可证：{0}</translation>
    </message>
</context>
<context>
    <name>DropTarget</name>
    <message>
        <source>Open the project {0}</source>
        <translation>打开项目 {0}</translation>
    </message>
    <message>
        <source>Open {0}</source>
        <translation>打开 {0}</translation>
    </message>
    <message>
        <source>Import {0} as a mask</source>
        <translation>将 {0} 作为蒙版导入</translation>
    </message>
</context>
<context>
    <name>EngineChoice</name>
    <message>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
    <message>
        <source> (not installed)</source>
        <translation>（未安装）</translation>
    </message>
</context>
<context>
    <name>Engines</name>
    <message>
        <source>about imagest</source>
        <translation>随程序提供的、以风格为条件的扩散网络。可在 GPU 上运行，或在 CPU 上每个窗口数秒。忠实：依据周围内容；纹理：带有风格参考的纹理。</translation>
    </message>
    <message>
        <source>about imagest-sd</source>
        <translation>论文中的网络：以参考的风格延续人物，可有可无文字。需要您自己的 Stable Diffusion 1 模型和风格适配器。</translation>
    </message>
    <message>
        <source>about stable-diffusion</source>
        <translation>根据文字和风格延续周围无法确定的人物和场景。需要您自己的模型，正式使用需要 GPU。</translation>
    </message>
    <message>
        <source>about pipeline</source>
        <translation>运行您的 Stable Diffusion 3、FLUX Fill、Qwen-Image 及其他修补模型。它们需要显存很大的 GPU。</translation>
    </message>
    <message>
        <source>about spline</source>
        <translation>把边缘略微延伸进损伤处的平滑曲面，没有纹理。</translation>
    </message>
    <message>
        <source>about harmonic</source>
        <translation>与边缘相接的最平滑曲面：色彩忠实，没有纹理。</translation>
    </message>
    <message>
        <source>about telea</source>
        <translation>由边缘向内推进并取平均；快速、平滑，大孔洞中有条纹。OpenCV 只填补 8 位图片：颜色限于 sRGB 并取整到 1/255。</translation>
    </message>
    <message>
        <source>about navier-stokes</source>
        <translation>像流体一样将等亮度线引入孔洞。OpenCV 只填补 8 位图片：颜色限于 sRGB 并取整到 1/255。</translation>
    </message>
    <message>
        <source>about biharmonic</source>
        <translation>与边缘的颜色和斜率都相接的曲面；小孔洞最佳，大孔洞较慢。</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export the restored scan</source>
        <translation>导出修复后的扫描件</translation>
    </message>
    <message>
        <source>Restored TIFF</source>
        <translation>修复后的 TIFF</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Replace existing files</source>
        <translation>替换已有文件</translation>
    </message>
    <message>
        <source>The fills only (RGBA TIFF, transparent elsewhere)</source>
        <translation>仅填补部分（RGBA TIFF，其余透明）</translation>
    </message>
    <message>
        <source>The record of what was done, how and when (JSON)</source>
        <translation>处理记录：内容、方法和时间（JSON）</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Also write</source>
        <translation>同时写出</translation>
    </message>
    <message>
        <source>The home folder {0} does not exist: choose another folder.</source>
        <translation>用户文件夹 {0} 不存在：请另选一个。</translation>
    </message>
    <message>
        <source>Enter a file name that ends in .tif.</source>
        <translation>请输入以 .tif 结尾的文件名。</translation>
    </message>
    <message>
        <source>{0} is a folder: add a file name that ends in .tif.</source>
        <translation>{0} 是文件夹：请加上以 .tif 结尾的文件名。</translation>
    </message>
    <message>
        <source>Writing and verifying. Progress is shown at the bottom of the window.</source>
        <translation>正在写入和验证。进度显示在窗口底部。</translation>
    </message>
    <message>
        <source>Verified: all {0} samples equal the converted samples of the scan and the fills; {1} px are filled.</source>
        <translation>已验证：全部 {0} 个样本与扫描件及填补转换后的样本一致；填补了 {1} 像素。</translation>
    </message>
    <message>
        <source>Verified: {0} samples outside the fills are identical to the scan; {1} px are filled.
SHA-256 of the unchanged samples: {2}…</source>
        <translation>已验证：填补之外的 {0} 个样本与扫描件完全相同；填补了 {1} 像素。
未改变样本的 SHA-256：{2}…</translation>
    </message>
    <message>
        <source>The mask (PNG)</source>
        <translation>蒙版（PNG）</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>在文件夹中显示</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation>正在导出</translation>
    </message>
    <message>
        <source>Exported and verified: {0}</source>
        <translation>已导出并验证：{0}</translation>
    </message>
    <message>
        <source>Written: {0}</source>
        <translation>已写入：{0}</translation>
    </message>
</context>
<context>
    <name>Exporting</name>
    <message>
        <source>No fill is accepted yet: accept a result first.</source>
        <translation>尚未接受任何填补：请先接受一个结果。</translation>
    </message>
    <message>
        <source>The restored scan is written as a TIFF: choose a name that ends in .tif.</source>
        <translation>修复后的扫描件存为 TIFF：请使用以 .tif 结尾的文件名。</translation>
    </message>
    <message>
        <source>{0} already exists: choose another name, or check “Replace existing files”.</source>
        <translation>{0} 已存在：请另选名称，或勾选“替换已有文件”。</translation>
    </message>
    <message>
        <source>Exported {0} ({1} × {2} px).</source>
        <translation>已导出 {0}（{1} × {2} px）。</translation>
    </message>
    <message>
        <source>Exporting the marked picture</source>
        <translation>正在导出标注图片</translation>
    </message>
</context>
<context>
    <name>FileQuestions</name>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Load a damage model</source>
        <translation>载入损伤模型</translation>
    </message>
    <message>
        <source>Save the damage model</source>
        <translation>保存损伤模型</translation>
    </message>
    <message>
        <source>Damage models</source>
        <translation>损伤模型</translation>
    </message>
    <message>
        <source>{0} is a folder: choose a file name in it.</source>
        <translation>{0} 是文件夹：请在其中选择一个文件名。</translation>
    </message>
    <message>
        <source>Replace the file?</source>
        <translation>替换文件？</translation>
    </message>
    <message>
        <source>{0} already exists. Replace it?</source>
        <translation>{0} 已存在。要替换它吗？</translation>
    </message>
</context>
<context>
    <name>FormatChoices</name>
    <message>
        <source>Bit depth</source>
        <translation>位深度</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>色彩</translation>
    </message>
    <message>
        <source>Compression</source>
        <translation>压缩</translation>
    </message>
    <message>
        <source>{0} bit</source>
        <translation>{0} 位</translation>
    </message>
    <message>
        <source>uncompressed</source>
        <translation>不压缩</translation>
    </message>
    <message>
        <source>{0} (unchanged)</source>
        <translation>{0}（不变）</translation>
    </message>
    <message>
        <source>All samples outside the fills stay identical to the scan. This is verified before the file is saved.</source>
        <translation>填补之外的所有样本与扫描件保持一致，保存前会加以验证。</translation>
    </message>
    <message>
        <source>Also keep a file in the scan’s own format as the record of the treatment.</source>
        <translation>请另存一份与扫描件格式相同的文件，作为处理记录。</translation>
    </message>
</context>
<context>
    <name>GroundColour</name>
    <message>
        <source>Pick</source>
        <translation>拾取</translation>
    </message>
    <message>
        <source>Click on bare ground in the picture</source>
        <translation>在图中点击裸露的底料</translation>
    </message>
    <message>
        <source>ground colour: automatic</source>
        <translation>底料颜色：自动</translation>
    </message>
    <message>
        <source>ground colour: picked, median of 5 × 5 px</source>
        <translation>底料颜色：已拾取，5 × 5 像素的中值</translation>
    </message>
</context>
<context>
    <name>Guides</name>
    <message>
        <source>suggested {0}</source>
        <translation>建议 {0}</translation>
    </message>
</context>
<context>
    <name>HistoryModel</name>
    <message>
        <source>Before the first step</source>
        <translation>第一步之前</translation>
    </message>
</context>
<context>
    <name>HistoryPanel</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Every step is listed here. Click a step to go back to it.</source>
        <translation>每一步操作都列在此处。点击某一步即可回到该处。</translation>
    </message>
    <message numerus="yes">
        <source>%n step(s)</source>
        <translation>
            <numerusform>%n 步</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Hypotheses</name>
    <message>
        <source>This engine makes no hypotheses: choose Stable Diffusion or another pipeline under Restore.</source>
        <translation>此引擎不能生成假设：请在“修复”中选择 Stable Diffusion 或其他管线。</translation>
    </message>
    <message>
        <source>Hypotheses of region {0}</source>
        <translation>区域 {0} 的假设</translation>
    </message>
    <message>
        <source>Only a hypothesis can be refined: make hypotheses and pick one first.</source>
        <translation>只能细化假设：请先生成假设并选定一个。</translation>
    </message>
    <message>
        <source>Refining region {0} of result {1}</source>
        <translation>正在细化结果 {1} 的区域 {0}</translation>
    </message>
</context>
<context>
    <name>ImportMask</name>
    <message>
        <source>Class of {0}</source>
        <translation>{0} 的类别</translation>
    </message>
    <message>
        <source>the mask</source>
        <translation>蒙版</translation>
    </message>
    <message>
        <source>New class</source>
        <translation>新类别</translation>
    </message>
    <message>
        <source>Don’t import</source>
        <translation>不导入</translation>
    </message>
    <message>
        <source>Name of the new class</source>
        <translation>新类别的名称</translation>
    </message>
</context>
<context>
    <name>ImportMaskDialog</name>
    <message>
        <source>Import a mask</source>
        <translation>导入蒙版</translation>
    </message>
    <message>
        <source>Which damage is in {0}?</source>
        <translation>{0} 中是哪种损伤？</translation>
    </message>
    <message>
        <source>The mask over the scan</source>
        <translation>扫描件上的蒙版</translation>
    </message>
    <message>
        <source>Replace other classes where they overlap</source>
        <translation>重叠处替换其他类别</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message numerus="yes">
        <source>%n region(s)</source>
        <translation>
            <numerusform>%n 个区域</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} px, {1}</source>
        <translation>{0} px，{1}</translation>
    </message>
    <message>
        <source>Enter the name of the new class.</source>
        <translation>请输入新类别的名称。</translation>
    </message>
    <message>
        <source>Choose a class for at least one part of the mask.</source>
        <translation>请至少为蒙版的一个部分选择类别。</translation>
    </message>
</context>
<context>
    <name>JobDialog</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>This starts when the running job ends.</source>
        <translation>正在运行的任务结束后开始。</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>已取消。</translation>
    </message>
</context>
<context>
    <name>JobStatus</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel   Shift+X</source>
        <translation>取消   Shift+X</translation>
    </message>
    <message>
        <source>{0} was cancelled; nothing has changed.</source>
        <translation>“{0}”已取消；没有任何改变。</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>剩余 {0}</translation>
    </message>
    <message>
        <source>{0} waiting</source>
        <translation>{0} 个等待中</translation>
    </message>
    <message>
        <source>{0}  ·  cancelling…</source>
        <translation>{0}  ·  正在取消…</translation>
    </message>
</context>
<context>
    <name>Layers</name>
    <message>
        <source>{0} was registered with the scan: {1}.</source>
        <translation>{0} 已与扫描件配准：{1}。</translation>
    </message>
    <message>
        <source>Registering the picture</source>
        <translation>正在配准图片</translation>
    </message>
    <message>
        <source>the registration error could not be measured</source>
        <translation>无法测量配准误差</translation>
    </message>
    <message>
        <source>registration error {0} px (RMS)</source>
        <translation>配准误差 {0} px（均方根）</translation>
    </message>
</context>
<context>
    <name>LayersPanel</name>
    <message>
        <source>Infrared, ultraviolet, X-ray, raking light or an older photograph of the same work.</source>
        <translation>同一作品的红外、紫外、X 射线、侧光图片或较早的照片。</translation>
    </message>
    <message>
        <source>What the picture shows</source>
        <translation>图片显示的内容</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>添加…</translation>
    </message>
    <message>
        <source>Blend</source>
        <translation>融合</translation>
    </message>
    <message>
        <source>The layer over the scan, as opaque as you choose</source>
        <translation>图层叠加在扫描件上，不透明度可选</translation>
    </message>
    <message>
        <source>Swipe</source>
        <translation>卷帘</translation>
    </message>
    <message>
        <source>The scan on the left, the layer on the right</source>
        <translation>左侧为扫描件，右侧为图层</translation>
    </message>
    <message>
        <source>How the layer is shown</source>
        <translation>图层的显示方式</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>不透明度</translation>
    </message>
    <message>
        <source>0 % shows the scan, 100 % the layer</source>
        <translation>0 % 显示扫描件，100 % 显示图层</translation>
    </message>
    <message>
        <source>Hide the layer {0}</source>
        <translation>隐藏图层 {0}</translation>
    </message>
    <message>
        <source>Show the layer {0}</source>
        <translation>显示图层 {0}</translation>
    </message>
    <message>
        <source>Derive the mask from the difference to {0}</source>
        <translation>根据与 {0} 的差异生成蒙版</translation>
    </message>
    <message>
        <source>Remove the layer {0}; its file stays</source>
        <translation>移除图层 {0}；其文件保留</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Add a picture of the same work</source>
        <translation>添加同一作品的图片</translation>
    </message>
    <message>
        <source>infrared</source>
        <translation>红外</translation>
    </message>
    <message>
        <source>ultraviolet</source>
        <translation>紫外</translation>
    </message>
    <message>
        <source>X-ray</source>
        <translation>X 射线</translation>
    </message>
    <message>
        <source>raking light</source>
        <translation>侧光</translation>
    </message>
    <message>
        <source>older photograph</source>
        <translation>较早的照片</translation>
    </message>
    <message>
        <source>other picture</source>
        <translation>其他图片</translation>
    </message>
</context>
<context>
    <name>LearnPanel</name>
    <message>
        <source>Damage</source>
        <translation>损伤</translation>
    </message>
    <message>
        <source>Paint over damage of the selected class   X: intact paint</source>
        <translation>在所选类别的损伤上画   X：完好颜料</translation>
    </message>
    <message>
        <source>Intact paint</source>
        <translation>完好颜料</translation>
    </message>
    <message>
        <source>Paint over intact paint, also where it is taken for damage   X: damage</source>
        <translation>在完好颜料上画，也画在被误认为损伤的地方   X：损伤</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>擦除</translation>
    </message>
    <message>
        <source>Erase strokes</source>
        <translation>擦除笔画</translation>
    </message>
    <message>
        <source>Example strokes</source>
        <translation>示例笔画</translation>
    </message>
    <message>
        <source>Correct the mask so far</source>
        <translation>修正现有蒙版</translation>
    </message>
    <message>
        <source>The mask helps to learn. Damage of the learned classes that is not found again is removed; otherwise damage is only added.</source>
        <translation>蒙版有助于学习。所学类别中没有再次找到的损伤会被去掉；不选时只添加损伤。</translation>
    </message>
    <message>
        <source>Learn from the other pictures, too</source>
        <translation>也从其他图片学习</translation>
    </message>
    <message>
        <source>Infrared, X-ray or other registered pictures may show damage that the scan doesn&apos;t</source>
        <translation>红外、X 射线或其他已配准的图片可能显示扫描件中看不到的损伤</translation>
    </message>
    <message>
        <source>Clear strokes</source>
        <translation>清除笔画</translation>
    </message>
    <message>
        <source>Save model…</source>
        <translation>保存模型…</translation>
    </message>
    <message>
        <source>For other paintings of the series</source>
        <translation>用于同一系列的其他画作</translation>
    </message>
    <message>
        <source>Load model…</source>
        <translation>载入模型…</translation>
    </message>
    <message>
        <source>Use what another painting taught</source>
        <translation>使用从另一幅画作学到的内容</translation>
    </message>
    <message>
        <source>Remove model</source>
        <translation>移除模型</translation>
    </message>
    <message>
        <source>Paint a few strokes over damage, then over intact paint. The program learns and shows the rest.</source>
        <translation>先在损伤上画几笔，再在完好颜料上画几笔。程序会学习并显示其余部分。</translation>
    </message>
    <message>
        <source>Preview: {0} of the visible part is marked. Correct it with more strokes.</source>
        <translation>预览：可见部分的 {0} 被标记。可用更多笔画修正。</translation>
    </message>
    <message>
        <source>Preview: {0} of the middle of the view is marked. Correct it with more strokes.</source>
        <translation>预览：视图中部的 {0} 被标记。可用更多笔画修正。</translation>
    </message>
    <message>
        <source>{0} Zoom in to check the rest; “{1}” marks it.</source>
        <translation>{0}放大可检查其余部分；“{1}”会一并标记。</translation>
    </message>
    <message>
        <source>The preview failed: paint a stroke to try again.</source>
        <translation>预览失败：请再画一笔重试。</translation>
    </message>
    <message>
        <source>intact paint</source>
        <translation>完好颜料</translation>
    </message>
    <message>
        <source>Strokes: {0}</source>
        <translation>笔画：{0}</translation>
    </message>
    <message>
        <source>Model: learned from these strokes</source>
        <translation>模型：从这些笔画学习</translation>
    </message>
    <message>
        <source>Model: none</source>
        <translation>模型：无</translation>
    </message>
    <message>
        <source>Model: {0}</source>
        <translation>模型：{0}</translation>
    </message>
    <message>
        <source>learned here before</source>
        <translation>此前在此学习</translation>
    </message>
    <message>
        <source>The strokes of this painting go before the model: clear them to use it.</source>
        <translation>这幅画作的笔画优先于模型：要使用模型，请先清除笔画。</translation>
    </message>
    <message>
        <source>Deriving the mask</source>
        <translation>正在生成蒙版</translation>
    </message>
    <message>
        <source>Learned from strokes: {0} px marked. Correct the mask with the brush and the eraser.</source>
        <translation>从笔画学习：已标记 {0} 像素。请用画笔和橡皮修正蒙版。</translation>
    </message>
</context>
<context>
    <name>LicenceDialog</name>
    <message>
        <source>Licence of {0}</source>
        <translation>{0} 的许可证</translation>
    </message>
</context>
<context>
    <name>LocateScanDialog</name>
    <message>
        <source>Locate the scan</source>
        <translation>定位扫描件</translation>
    </message>
    <message>
        <source>The file you choose is compared with the stored hash of the scan before it is used.</source>
        <translation>所选文件会先与保存的扫描件哈希值比对，然后才使用。</translation>
    </message>
    <message>
        <source>Choose the file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Use this file</source>
        <translation>使用此文件</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>暂不</translation>
    </message>
    <message>
        <source>Project</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>Scan</source>
        <translation>扫描件</translation>
    </message>
    <message>
        <source>Last known folder</source>
        <translation>上次所在文件夹</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>all unchanged</source>
        <translation>全部未变</translation>
    </message>
    <message>
        <source>different</source>
        <translation>不同</translation>
    </message>
    <message>
        <source>can’t be compared: the project has no record of them</source>
        <translation>无法比较：项目中没有记录</translation>
    </message>
    <message>
        <source>File found there</source>
        <translation>该处现有文件</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>样本值</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Locate {0}</source>
        <translation>定位 {0}</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Damage</source>
        <translation>损伤</translation>
    </message>
    <message>
        <source>Style</source>
        <translation>风格</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>审阅</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>打开最近文件(&amp;R)</translation>
    </message>
    <message>
        <source>S&amp;urround</source>
        <translation>周围底色(&amp;U)</translation>
    </message>
    <message>
        <source>Reset la&amp;yout</source>
        <translation>重置布局(&amp;Y)</translation>
    </message>
    <message>
        <source>&amp;Mid grey</source>
        <translation>中灰(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Dark grey</source>
        <translation>深灰(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Light grey</source>
        <translation>浅灰(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Black</source>
        <translation>黑色(&amp;B)</translation>
    </message>
    <message>
        <source>{0} (read-only)</source>
        <translation>{0}（只读）</translation>
    </message>
    <message>
        <source>Pa&amp;nels</source>
        <translation>面板(&amp;N)</translation>
    </message>
    <message>
        <source>No recent files</source>
        <translation>没有最近的文件</translation>
    </message>
    <message>
        <source>Main toolbar</source>
        <translation>主工具栏</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
</context>
<context>
    <name>Manual</name>
    <message>
        <source>en</source>
        <translation>zh_CN</translation>
    </message>
    <message>
        <source>Menus and shortcuts</source>
        <translation>菜单与快捷键</translation>
    </message>
    <message>
        <source>All commands by menu, with their keys.</source>
        <translation>按菜单列出的所有命令及其按键。</translation>
    </message>
    <message>
        <source>On the canvas, while held</source>
        <translation>在画布上，按住时</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
</context>
<context>
    <name>ManualBrowser</name>
    <message>
        <source>Manual page</source>
        <translation>手册页面</translation>
    </message>
</context>
<context>
    <name>ManualWindow</name>
    <message>
        <source>Manual</source>
        <translation>使用手册</translation>
    </message>
    <message>
        <source>No page contains these words.</source>
        <translation>没有页面包含这些文字。</translation>
    </message>
    <message>
        <source>Back   Alt+Left</source>
        <translation>后退   Alt+Left</translation>
    </message>
    <message>
        <source>Forward   Alt+Right</source>
        <translation>前进   Alt+Right</translation>
    </message>
    <message>
        <source>Smaller text   Ctrl+-</source>
        <translation>缩小文字   Ctrl+-</translation>
    </message>
    <message>
        <source>Larger text   Ctrl++</source>
        <translation>放大文字   Ctrl++</translation>
    </message>
    <message>
        <source>Search the manual</source>
        <translation>搜索手册</translation>
    </message>
    <message>
        <source>Enter goes to the next match</source>
        <translation>按回车转到下一处</translation>
    </message>
    <message>
        <source>Contents</source>
        <translation>目录</translation>
    </message>
</context>
<context>
    <name>Marking</name>
    <message>
        <source>This damage class no longer exists: choose one from the list of classes.</source>
        <translation>此损伤类别已不存在：请在类别列表中选择一个。</translation>
    </message>
    <message>
        <source>The class “{0}” is shown again because you are marking damage with it.</source>
        <translation>已重新显示类别“{0}”，因为正在用它标记损伤。</translation>
    </message>
    <message>
        <source>Protected pixels were left out. Erase the protection first to mark them.</source>
        <translation>受保护的像素已排除。要标记它们，请先擦除保护。</translation>
    </message>
    <message>
        <source>The class “{0}” is shown again because its damage will be filled.</source>
        <translation>已重新显示类别“{0}”，因为将填补其损伤。</translation>
    </message>
</context>
<context>
    <name>MaskDetectors</name>
    <message>
        <source>Closing</source>
        <translation>闭合</translation>
    </message>
    <message>
        <source>Closes gaps up to about twice this radius</source>
        <translation>闭合宽度不超过约两倍此半径的间隙</translation>
    </message>
    <message>
        <source>Min. area</source>
        <translation>最小面积</translation>
    </message>
    <message>
        <source>Removes regions smaller than this</source>
        <translation>移除小于此面积的区域</translation>
    </message>
    <message>
        <source>Dilation</source>
        <translation>膨胀</translation>
    </message>
    <message>
        <source>Expands the mask by this much to cover uncertain edges</source>
        <translation>将蒙版扩大这么多，以覆盖不确定的边缘</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>开运算</translation>
    </message>
    <message>
        <source>Removes damage narrower than about twice this radius</source>
        <translation>移除宽度小于约两倍此半径的损伤</translation>
    </message>
    <message>
        <source>Cracks</source>
        <translation>裂纹</translation>
    </message>
    <message>
        <source>Finds thin lines that are darker or lighter than the paint around them.</source>
        <translation>查找比周围颜料更深或更浅的细线。</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>阈值</translation>
    </message>
    <message>
        <source>Probability from which a pixel is damaged</source>
        <translation>像素被视为损伤的最低概率</translation>
    </message>
    <message>
        <source>Lower values also detect the faint parts of cracks</source>
        <translation>值越低，越能检测到裂纹的微弱部分</translation>
    </message>
    <message>
        <source>Max. width</source>
        <translation>最大宽度</translation>
    </message>
    <message>
        <source>Ignores lines wider than this</source>
        <translation>忽略比此更宽的线条</translation>
    </message>
    <message>
        <source>Min. length</source>
        <translation>最小长度</translation>
    </message>
    <message>
        <source>Ignores lines shorter than this</source>
        <translation>忽略比此更短的线条</translation>
    </message>
    <message>
        <source>Losses</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>Finds where the bare ground shows. Pick its colour, or let the program detect it.</source>
        <translation>查找露出底料之处。可拾取其颜色，或由程序检测。</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>容差</translation>
    </message>
    <message>
        <source>Maximum colour difference from the ground</source>
        <translation>与底料颜色的最大色差</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>Finds where the scan differs from a clean picture of the same work.</source>
        <translation>查找扫描件与同一作品完好图片的不同之处。</translation>
    </message>
    <message>
        <source>Pixels that differ by at least this much are damage</source>
        <translation>差异不小于此值的像素视为损伤</translation>
    </message>
    <message>
        <source>The pictures are already aligned.</source>
        <translation>两图已对齐。</translation>
    </message>
    <message>
        <source>Moved by {0}, {1} px, rotated by {2}°, scaled to {3}.</source>
        <translation>平移 {0}, {1} 像素，旋转 {2}°，缩放到 {3}。</translation>
    </message>
    <message>
        <source>Median registration error: {0} px.</source>
        <translation>配准误差中位数：{0} 像素。</translation>
    </message>
    <message>
        <source>{0} of the fine detail matches.</source>
        <translation>{0} 的细节吻合。</translation>
    </message>
</context>
<context>
    <name>Masking</name>
    <message>
        <source>Reading the mask</source>
        <translation>正在读取蒙版</translation>
    </message>
    <message>
        <source>Importing the mask</source>
        <translation>正在导入蒙版</translation>
    </message>
    <message>
        <source>Imported {0} px of damage from {1} as: {2}.</source>
        <translation>已从 {1} 导入 {0} px 损伤，类别：{2}。</translation>
    </message>
    <message>
        <source>Writing the mask</source>
        <translation>正在写入蒙版</translation>
    </message>
    <message>
        <source>The mask was saved as {0}.</source>
        <translation>蒙版已保存为 {0}。</translation>
    </message>
</context>
<context>
    <name>Messages</name>
    <message>
        <source>There was not enough memory for this.</source>
        <translation>内存不足，无法完成。</translation>
    </message>
    <message>
        <source>Choose a lower quality, a smaller part or the CPU, and try again.</source>
        <translation>请选择较低质量、较小部分或 CPU，然后重试。</translation>
    </message>
    <message>
        <source>A file could not be used: {0}.</source>
        <translation>无法使用文件：{0}。</translation>
    </message>
    <message>
        <source>An internal error ({0}) interrupted this; your work is kept.</source>
        <translation>内部错误（{0}）中断了此操作；您的工作已保留。</translation>
    </message>
    <message>
        <source>Copy the diagnostics and report the error.</source>
        <translation>请复制诊断信息并报告此错误。</translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>Imagest network</source>
        <translation>Imagest 网络</translation>
    </message>
    <message>
        <source>Diffusion model</source>
        <translation>扩散模型</translation>
    </message>
    <message>
        <source>Diffusion model, ONNX</source>
        <translation>扩散模型（ONNX）</translation>
    </message>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>Textual inversion</source>
        <translation>文本反转</translation>
    </message>
    <message>
        <source>IP-Adapter</source>
        <translation>IP-Adapter</translation>
    </message>
    <message>
        <source>Autoencoder</source>
        <translation>自编码器</translation>
    </message>
    <message>
        <source>VQGAN autoencoder</source>
        <translation>VQGAN 自编码器</translation>
    </message>
    <message>
        <source>Style adapter</source>
        <translation>风格适配器</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>语言模型</translation>
    </message>
    <message>
        <source>Captioning model</source>
        <translation>图像描述模型</translation>
    </message>
    <message>
        <source>CLIP model</source>
        <translation>CLIP 模型</translation>
    </message>
    <message>
        <source>inpainting</source>
        <translation>修补</translation>
    </message>
    <message>
        <source>text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>style</source>
        <translation>风格</translation>
    </message>
    <message>
        <source>extensions</source>
        <translation>扩展</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Installed models</source>
        <translation>已安装的模型</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>Can use</source>
        <translation>可用功能</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可</translation>
    </message>
    <message>
        <source>Use added files where they are, without a copy</source>
        <translation>就地使用添加的文件，不复制</translation>
    </message>
    <message>
        <source>Add file…</source>
        <translation>添加文件…</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Download…</source>
        <translation>下载…</translation>
    </message>
    <message>
        <source>Check files</source>
        <translation>检查文件</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove it</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Usual number of steps</source>
        <translation>通常的步数</translation>
    </message>
    <message>
        <source>Few steps: {0}</source>
        <translation>少步数：{0}</translation>
    </message>
    <message>
        <source>A LoRA for few steps needs a sampling method of its own. The page it came from names it.</source>
        <translation>少步数 LoRA 需要专门的采样方法，其下载页面会说明是哪一种。</translation>
    </message>
    <message>
        <source>Sampling steps of this LoRA</source>
        <translation>此 LoRA 的采样步数</translation>
    </message>
    <message>
        <source>{0} free on the disk</source>
        <translation>磁盘剩余 {0}</translation>
    </message>
    <message>
        <source>in place</source>
        <translation>就地</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>已安装</translation>
    </message>
    <message>
        <source>files missing</source>
        <translation>文件缺失</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>The network that ships with the program. It runs on any machine.</source>
        <translation>随程序附带的网络，可在任何计算机上运行。</translation>
    </message>
    <message>
        <source>Models (*.safetensors);;All files (*)</source>
        <translation>模型 (*.safetensors);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Add a model</source>
        <translation>添加模型</translation>
    </message>
    <message>
        <source>Add a model’s folder</source>
        <translation>添加模型文件夹</translation>
    </message>
    <message>
        <source>{0} was added.</source>
        <translation>已添加 {0}。</translation>
    </message>
    <message>
        <source>Check a model</source>
        <translation>检查模型</translation>
    </message>
    <message>
        <source>All files of {0} are intact.</source>
        <translation>{0} 的所有文件完好。</translation>
    </message>
    <message>
        <source>Remove {0}? Its files stay where they are.</source>
        <translation>移除 {0}？其文件保留在原处。</translation>
    </message>
    <message>
        <source>Remove {0}? Its files are deleted.</source>
        <translation>移除 {0}？其文件将被删除。</translation>
    </message>
    <message>
        <source>{0} was removed.</source>
        <translation>已移除 {0}。</translation>
    </message>
</context>
<context>
    <name>Opening</name>
    <message>
        <source>Scans and projects</source>
        <translation>扫描件和项目</translation>
    </message>
    <message>
        <source>Projects</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Opening {0}</source>
        <translation>正在打开 {0}</translation>
    </message>
    <message>
        <source>{0} is already open.</source>
        <translation>{0} 已经打开。</translation>
    </message>
    <message>
        <source>Your work continues in memory; save it under another name.</source>
        <translation>您的工作暂存于内存；请另存为其他名称。</translation>
    </message>
    <message>
        <source>All changes are saved in {0}.</source>
        <translation>所有更改已保存在 {0}。</translation>
    </message>
    <message>
        <source>The project is now saved in {0}.</source>
        <translation>项目现已保存在 {0}。</translation>
    </message>
</context>
<context>
    <name>Overview</name>
    <message>
        <source>Overview map</source>
        <translation>总览图</translation>
    </message>
    <message>
        <source>Overview: click to move the view there</source>
        <translation>总览：点击可将视图移到该处</translation>
    </message>
</context>
<context>
    <name>Parameters</name>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>The same seed gives the same fill.</source>
        <translation>相同的种子得到相同的填充。</translation>
    </message>
    <message>
        <source>Variation</source>
        <translation>变体</translation>
    </message>
    <message>
        <source>Another fill of the same seed.</source>
        <translation>同一种子的另一种填充。</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Intact border around damage, as a share of its size.</source>
        <translation>损伤周围完好边缘的宽度，以损伤尺寸的比例表示。</translation>
    </message>
    <message>
        <source>Large damage</source>
        <translation>大面积损伤</translation>
    </message>
    <message>
        <source>coarse to fine</source>
        <translation>先粗后细</translation>
    </message>
    <message>
        <source>at the scan&apos;s own scale</source>
        <translation>按扫描件原尺度</translation>
    </message>
    <message>
        <source>as memory allows</source>
        <translation>由内存决定</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Where the network runs.</source>
        <translation>网络在何处运行。</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>CUDA GPU</source>
        <translation>CUDA GPU</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行库</translation>
    </message>
    <message>
        <source>Library that runs the network; fills of the two differ slightly.</source>
        <translation>运行网络的库；两者的填补结果略有差异。</translation>
    </message>
    <message>
        <source>PyTorch</source>
        <translation>PyTorch</translation>
    </message>
    <message>
        <source>ONNX Runtime</source>
        <translation>ONNX Runtime</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Name or folder of the weights.</source>
        <translation>权重的名称或文件夹。</translation>
    </message>
    <message>
        <source>Mode</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>What a fill aims for.</source>
        <translation>填充的目标。</translation>
    </message>
    <message>
        <source>Faithful</source>
        <translation>忠实</translation>
    </message>
    <message>
        <source>Closest to what is known; smooth where nothing is</source>
        <translation>最接近已知内容；未知处平滑</translation>
    </message>
    <message>
        <source>Textured</source>
        <translation>纹理</translation>
    </message>
    <message>
        <source>Continues the texture of the style reference</source>
        <translation>延续风格参考的纹理</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Preset of sampling steps and texture search.</source>
        <translation>采样步数与纹理搜索的预设。</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
    <message>
        <source>Least texture search: to see where it goes</source>
        <translation>纹理搜索最少：查看大致效果</translation>
    </message>
    <message>
        <source>Standard</source>
        <translation>标准</translation>
    </message>
    <message>
        <source>For most work</source>
        <translation>适合大多数工作</translation>
    </message>
    <message>
        <source>Fine</source>
        <translation>精细</translation>
    </message>
    <message>
        <source>Most steps and texture search: for the last run</source>
        <translation>步数与纹理搜索最多：用于最后一次</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Sampling steps.</source>
        <translation>采样步数。</translation>
    </message>
    <message>
        <source>by quality</source>
        <translation>由质量决定</translation>
    </message>
    <message>
        <source>Sampling method</source>
        <translation>采样方法</translation>
    </message>
    <message>
        <source>Solver of the sampling (scheduler).</source>
        <translation>采样的求解器（调度器）。</translation>
    </message>
    <message>
        <source>Style emphasis</source>
        <translation>风格强调</translation>
    </message>
    <message>
        <source>Exaggeration of the style (guidance scale); values other than 1 take twice as long.</source>
        <translation>风格的夸张程度（引导系数）；不为 1 时耗时加倍。</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>研究</translation>
    </message>
    <message>
        <source>A study of this painting, which adapts the model to its intact parts.</source>
        <translation>对这幅画的研究，使模型适应其完好部分。</translation>
    </message>
    <message>
        <source>Style adapter</source>
        <translation>风格适配器</translation>
    </message>
    <message>
        <source>Name or path of a trained style branch; none: the first that fits the model.</source>
        <translation>已训练风格分支的名称或路径；留空则使用第一个适合模型的。</translation>
    </message>
    <message>
        <source>by the model</source>
        <translation>由模型决定</translation>
    </message>
    <message>
        <source>as the model&apos;s makers chose</source>
        <translation>按模型作者的设定</translation>
    </message>
    <message>
        <source>Guidance scale of the model.</source>
        <translation>模型的引导系数。</translation>
    </message>
    <message>
        <source>DPM-Solver++, for few steps</source>
        <translation>DPM-Solver++，适合少步数</translation>
    </message>
    <message>
        <source>Mask margin</source>
        <translation>蒙版边距</translation>
    </message>
    <message>
        <source>Widens the mask over its uncertain boundary (dilation).</source>
        <translation>把蒙版扩展到不确定的边缘之外（膨胀）。</translation>
    </message>
    <message>
        <source>Transition</source>
        <translation>过渡</translation>
    </message>
    <message>
        <source>Width of the transition inside the margin (blend).</source>
        <translation>边距内过渡的宽度（混合）。</translation>
    </message>
    <message>
        <source>How damage larger than a tile is filled.</source>
        <translation>大于一个分块的损伤如何填补。</translation>
    </message>
    <message>
        <source>Tiles at once</source>
        <translation>同时计算的分块</translation>
    </message>
    <message>
        <source>Tiles that a GPU computes at once (batch size); a CPU computes one.</source>
        <translation>GPU 同时计算的分块数（批大小）；CPU 一次计算一个。</translation>
    </message>
    <message>
        <source>DDIM, the paper&apos;s</source>
        <translation>DDIM，论文所用</translation>
    </message>
    <message>
        <source>Style strength</source>
        <translation>风格强度</translation>
    </message>
    <message>
        <source>Weight of the style reference; a reference that you choose also changes colours.</source>
        <translation>风格参考的权重；自选的参考还会影响颜色。</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>细节</translation>
    </message>
    <message>
        <source>Share of the texture of intact paint that a fill takes.</source>
        <translation>填充所采用的完好颜料层纹理的比例。</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>What is lost, in words.</source>
        <translation>用文字描述缺失的内容。</translation>
    </message>
    <message>
        <source>Name or path of the model.</source>
        <translation>模型的名称或路径。</translation>
    </message>
    <message>
        <source>What is lost, in English words.</source>
        <translation>用英文描述缺失的内容。</translation>
    </message>
    <message>
        <source>Negative prompt</source>
        <translation>反向提示词</translation>
    </message>
    <message>
        <source>What the fill must not show.</source>
        <translation>填补中不应出现的内容。</translation>
    </message>
    <message>
        <source>Preset of solver and sampling steps.</source>
        <translation>求解器和采样步数的预设。</translation>
    </message>
    <message>
        <source>UniPC, 12 steps</source>
        <translation>UniPC，12 步</translation>
    </message>
    <message>
        <source>DPM-Solver++ with Karras levels, 20 steps</source>
        <translation>使用 Karras 噪声级的 DPM-Solver++，20 步</translation>
    </message>
    <message>
        <source>DDIM, 30 steps, as in the paper</source>
        <translation>DDIM，30 步，与论文相同</translation>
    </message>
    <message>
        <source>by method and adapters</source>
        <translation>由方法和适配器决定</translation>
    </message>
    <message>
        <source>by quality and adapters</source>
        <translation>由质量和适配器决定</translation>
    </message>
    <message>
        <source>UniPC</source>
        <translation>UniPC</translation>
    </message>
    <message>
        <source>DPM-Solver++ with Karras levels</source>
        <translation>使用 Karras 噪声级的 DPM-Solver++</translation>
    </message>
    <message>
        <source>LCM, for few-step adapters</source>
        <translation>LCM，用于少步适配器</translation>
    </message>
    <message>
        <source>Text strength</source>
        <translation>文字强度</translation>
    </message>
    <message>
        <source>Guidance scale; without a prompt there is no guidance, which halves the time.</source>
        <translation>引导系数；没有提示词时不引导，时间减半。</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>How far the fill may leave the smooth pre-fill; lower keeps its colours and shapes.</source>
        <translation>填补可以偏离平滑预填补的程度；较低时保留其颜色和形状。</translation>
    </message>
    <message>
        <source>7.5; 1 with an adapter for few steps</source>
        <translation>7.5；使用少步数适配器时为 1</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Names of installed adapters with weights, as NAME:0.8, OTHER.</source>
        <translation>已安装适配器的名称和权重，例如 NAME:0.8, OTHER。</translation>
    </message>
    <message>
        <source>Weight of the style reference, which an IP-Adapter or a style branch reads.</source>
        <translation>由 IP-Adapter 或风格分支读取的风格参考的权重。</translation>
    </message>
    <message>
        <source>Share of the finest bands that comes from intact paint.</source>
        <translation>最细频带中取自完好颜料的比例。</translation>
    </message>
    <message>
        <source>where the scan is finer than what the model sees</source>
        <translation>在扫描比模型所见更精细之处</translation>
    </message>
    <message>
        <source>Compiled</source>
        <translation>编译</translation>
    </message>
    <message>
        <source>Compile the network on a GPU: minutes once, then faster.</source>
        <translation>在 GPU 上编译网络：首次需几分钟，之后更快。</translation>
    </message>
</context>
<context>
    <name>PresetQuestions</name>
    <message>
        <source>Save preset</source>
        <translation>保存预设</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Replace the preset?</source>
        <translation>替换预设？</translation>
    </message>
    <message>
        <source>The preset “{0}” already exists. Replace it?</source>
        <translation>预设“{0}”已存在。要替换吗？</translation>
    </message>
    <message>
        <source>Delete the preset?</source>
        <translation>删除预设？</translation>
    </message>
    <message>
        <source>The preset “{0}” will be deleted; the current parameters stay.</source>
        <translation>预设“{0}”将被删除；当前参数保持不变。</translation>
    </message>
</context>
<context>
    <name>Presets</name>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Choose a preset of all parameters</source>
        <translation>选择一组参数预设</translation>
    </message>
    <message>
        <source>Own settings</source>
        <translation>自定义设置</translation>
    </message>
    <message>
        <source>Save, delete or start with a preset</source>
        <translation>保存、删除预设或设为起始预设</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>全部重置</translation>
    </message>
    <message>
        <source>Set all parameters to their defaults</source>
        <translation>将所有参数设为默认值</translation>
    </message>
    <message>
        <source>&amp;Save as a preset…</source>
        <translation>另存为预设(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Delete this preset…</source>
        <translation>删除此预设(&amp;D)…</translation>
    </message>
    <message>
        <source>Start &amp;new paintings with this preset</source>
        <translation>新画作以此预设开始(&amp;N)</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>This version can’t use the preset “{0}”: delete it.</source>
        <translation>此版本无法使用预设“{0}”：请将其删除。</translation>
    </message>
</context>
<context>
    <name>ProbePanel</name>
    <message>
        <source>Where the pixel comes from</source>
        <translation>像素的来源</translation>
    </message>
    <message>
        <source>Point at a pixel to see where it comes from.</source>
        <translation>将鼠标指向一个像素，即可看到它的来源。</translation>
    </message>
    <message>
        <source>No result has filled this pixel.</source>
        <translation>没有结果填补过此像素。</translation>
    </message>
    <message>
        <source>and {0} more</source>
        <translation>以及另外 {0} 个</translation>
    </message>
</context>
<context>
    <name>ProfileDialog</name>
    <message>
        <source>Assume sRGB?</source>
        <translation>按 sRGB 处理？</translation>
    </message>
    <message>
        <source>If sRGB is assumed, samples outside the mask stay unchanged, but filled colours may differ from their surroundings. The record notes that sRGB was assumed.</source>
        <translation>按 sRGB 处理时，蒙版之外的样本保持不变，但填补的颜色可能与周围不同。记录中会注明按 sRGB 处理。</translation>
    </message>
    <message>
        <source>Don’t open</source>
        <translation>不打开</translation>
    </message>
    <message>
        <source>Assume sRGB</source>
        <translation>按 sRGB 处理</translation>
    </message>
</context>
<context>
    <name>ProjectFolder</name>
    <message>
        <source>Your work is saved automatically. Until you save it under a name, it is in {0}</source>
        <translation>您的工作会自动保存。在您命名保存之前，它位于 {0}</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>显示文件夹</translation>
    </message>
</context>
<context>
    <name>ProjectFoundDialog</name>
    <message>
        <source>Open the project?</source>
        <translation>打开项目？</translation>
    </message>
    <message>
        <source>The scan {0} belongs to a project that you saved on {1}.</source>
        <translation>扫描件 {0} 属于您于 {1} 保存的项目。</translation>
    </message>
    <message>
        <source>If you open the scan alone, your work in the project is kept but not shown.</source>
        <translation>如果只打开扫描件，项目中的工作会保留，但不会显示。</translation>
    </message>
    <message>
        <source>Open the project</source>
        <translation>打开项目</translation>
    </message>
    <message>
        <source>Open the scan alone</source>
        <translation>只打开扫描件</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>PromptEditor</name>
    <message>
        <source>Texts used before</source>
        <translation>用过的文字</translation>
    </message>
    <message>
        <source>Expand…</source>
        <translation>扩写…</translation>
    </message>
    <message>
        <source>Propose longer texts to choose from</source>
        <translation>提出更长的文字供选择</translation>
    </message>
    <message>
        <source>The model reads English; it hardly knows {0}</source>
        <translation>模型只懂英文；几乎不认识 {0}</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>暂无</translation>
    </message>
</context>
<context>
    <name>PromptProposals</name>
    <message>
        <source>The language model needs packages that are not installed: {0}</source>
        <translation>语言模型需要尚未安装的软件包：{0}</translation>
    </message>
    <message>
        <source>To expand prompts, add a language model, such as a folder of GPT-2, under Models.</source>
        <translation>要扩写提示词，请在“模型”中添加语言模型，例如 GPT-2 的文件夹。</translation>
    </message>
    <message>
        <source>Expand the prompt</source>
        <translation>扩写提示词</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>语言模型</translation>
    </message>
    <message>
        <source>Proposals</source>
        <translation>建议</translation>
    </message>
    <message>
        <source>Text to use</source>
        <translation>要使用的文字</translation>
    </message>
    <message>
        <source>Propose others</source>
        <translation>换一批建议</translation>
    </message>
    <message>
        <source>Use this text</source>
        <translation>使用此文字</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Text to use; change it as you like</source>
        <translation>要使用的文字，可随意修改</translation>
    </message>
    <message>
        <source>The language model is writing…</source>
        <translation>语言模型正在书写…</translation>
    </message>
    <message>
        <source>The proposals are invented. Keep only what you know to be true of the painting.</source>
        <translation>这些建议是编造的。只保留您确知符合画作的内容。</translation>
    </message>
</context>
<context>
    <name>Provenance</name>
    <message>
        <source>accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>under review</source>
        <translation>审阅中</translation>
    </message>
    <message>
        <source>part rejected</source>
        <translation>部分被拒绝</translation>
    </message>
    <message>
        <source>Result {0}</source>
        <translation>结果 {0}</translation>
    </message>
    <message>
        <source>exported from the scan</source>
        <translation>导出时取自扫描件</translation>
    </message>
    <message>
        <source>exported from result {0}</source>
        <translation>导出时取自结果 {0}</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>填补</translation>
    </message>
    <message>
        <source>Made of</source>
        <translation>组成</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>研究</translation>
    </message>
    <message>
        <source>Seed / variation</source>
        <translation>种子 / 变体</translation>
    </message>
    <message>
        <source>Style</source>
        <translation>风格</translation>
    </message>
    <message>
        <source>Tile</source>
        <translation>图块</translation>
    </message>
    <message>
        <source>Boundary</source>
        <translation>边界</translation>
    </message>
    <message>
        <source>{0}, region {1}, {2}</source>
        <translation>{0}，区域 {1}，{2}</translation>
    </message>
    <message>
        <source>part of result {0} restored again</source>
        <translation>重新修复的结果 {0} 的一部分</translation>
    </message>
    <message>
        <source>refined from result {0}</source>
        <translation>由结果 {0} 细化而来</translation>
    </message>
    <message>
        <source>an anisotropic spline, without the network</source>
        <translation>各向异性样条，不使用网络</translation>
    </message>
    <message>
        <source>an anisotropic spline; diffusion samples in thick damage</source>
        <translation>各向异性样条；较厚的损伤处有扩散样本</translation>
    </message>
    <message>
        <source>an anisotropic spline; diffusion samples in thick damage; texture of intact paint ({0})</source>
        <translation>各向异性样条；较厚的损伤处有扩散样本；完好颜料的纹理（{0}）</translation>
    </message>
    <message>
        <source>{0} more</source>
        <translation>另外 {0} 个</translation>
    </message>
    <message>
        <source>donor {0}</source>
        <translation>风格来源图片 {0}</translation>
    </message>
    <message>
        <source>(suggested)</source>
        <translation>（建议）</translation>
    </message>
    <message>
        <source>full size</source>
        <translation>原尺寸</translation>
    </message>
    <message>
        <source>1/{0} of the size</source>
        <translation>尺寸的 1/{0}</translation>
    </message>
    <message>
        <source>diffusion samples in {0} of its damage</source>
        <translation>扩散样本占其损伤的 {0}</translation>
    </message>
    <message>
        <source>refined over a coarser fill that holds the sample</source>
        <translation>在含有样本的较粗填补上细化</translation>
    </message>
    <message>
        <source>refined from an earlier fill at strength {0}</source>
        <translation>由先前的填补以强度 {0} 细化而来</translation>
    </message>
    <message>
        <source>{0} px to the edge of the fill</source>
        <translation>距填补边缘 {0} 像素</translation>
    </message>
    <message>
        <source>blended with the paint</source>
        <translation>与颜料混合</translation>
    </message>
</context>
<context>
    <name>Queue</name>
    <message>
        <source>waiting</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>running</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>done</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>读取</translation>
    </message>
    <message>
        <source>restoring</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>写入</translation>
    </message>
</context>
<context>
    <name>QueueDialog</name>
    <message>
        <source>Queue</source>
        <translation>队列</translation>
    </message>
    <message>
        <source>Add scans or folders, or drop them here. The mask of each scan lies beside it. The queue goes on while you work, and after the window was closed it continues where it was.</source>
        <translation>添加扫描件或文件夹，或将其拖到此处。每个扫描件的蒙版放在它旁边。您工作时队列会继续运行；窗口关闭后再打开，会从原处继续。</translation>
    </message>
    <message>
        <source>Add scans…</source>
        <translation>添加扫描件…</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Remove from list</source>
        <translation>从列表移除</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Open result</source>
        <translation>打开结果</translation>
    </message>
    <message>
        <source>Restored paintings</source>
        <translation>已修复的画作</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Paintings in the queue</source>
        <translation>队列中的画作</translation>
    </message>
    <message>
        <source>Adding scans…</source>
        <translation>正在添加扫描件…</translation>
    </message>
    <message>
        <source>Stopped. What was added stays in the list.</source>
        <translation>已停止。已添加的内容保留在列表中。</translation>
    </message>
    <message>
        <source>Painting</source>
        <translation>画作</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message numerus="yes">
        <source>%n job file(s) can&apos;t be read (%1): add the scans again.</source>
        <translation>
            <numerusform>%n 个任务文件无法读取（%1）：请重新添加扫描件。</numerusform>
        </translation>
    </message>
    <message>
        <source>mask from the recipe</source>
        <translation>蒙版由配方生成</translation>
    </message>
    <message>
        <source>has no mask</source>
        <translation>没有蒙版</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>pausing</source>
        <translation>正在暂停</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Add scans</source>
        <translation>添加扫描件</translation>
    </message>
    <message>
        <source>Add a folder of scans</source>
        <translation>添加扫描件文件夹</translation>
    </message>
    <message numerus="yes">
        <source>%n painting(s) added.</source>
        <translation>
            <numerusform>已添加 %n 幅画作。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n painting(s) in the list already.</source>
        <translation>
            <numerusform>%n 幅画作已在列表中。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QueueOptions</name>
    <message>
        <source>Change…</source>
        <translation>更改…</translation>
    </message>
    <message>
        <source>Masks end in</source>
        <translation>蒙版名称结尾</translation>
    </message>
    <message>
        <source>The mask of scan.tif is scan-mask.png if this is -mask.</source>
        <translation>若此处为 -mask，则 scan.tif 的蒙版是 scan-mask.png。</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Use the Restore panel</source>
        <translation>使用修复面板</translation>
    </message>
    <message>
        <source>Fill the paintings that wait with the parameters now chosen in the Restore panel.</source>
        <translation>用修复面板中当前选择的参数填补等待中的画作。</translation>
    </message>
    <message>
        <source>Results go to</source>
        <translation>结果存放于</translation>
    </message>
    <message>
        <source>Recipe for missing masks</source>
        <translation>缺失蒙版的配方</translation>
    </message>
    <message>
        <source>Filled with</source>
        <translation>填补方式</translation>
    </message>
    <message>
        <source>the folder of the first scan</source>
        <translation>第一个扫描件的文件夹</translation>
    </message>
    <message>
        <source>none: every scan needs a mask</source>
        <translation>无：每个扫描件都需要蒙版</translation>
    </message>
    <message>
        <source>Folder for the results</source>
        <translation>结果文件夹</translation>
    </message>
    <message>
        <source>Mask recipes (*.json);;All files (*)</source>
        <translation>蒙版配方 (*.json);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a recipe</source>
        <translation>选择配方</translation>
    </message>
    <message>
        <source>seed {0}</source>
        <translation>种子 {0}</translation>
    </message>
</context>
<context>
    <name>RegistrationView</name>
    <message>
        <source>Checkerboard</source>
        <translation>棋盘格</translation>
    </message>
    <message>
        <source>Alternating squares of both pictures: shapes should continue across them</source>
        <translation>两图交替的方格：形体应在方格间连贯</translation>
    </message>
    <message>
        <source>Blend</source>
        <translation>融合</translation>
    </message>
    <message>
        <source>Both pictures at once: misaligned parts appear twice</source>
        <translation>两图同时显示：未对齐处会出现重影</translation>
    </message>
    <message>
        <source>Registration</source>
        <translation>配准</translation>
    </message>
    <message>
        <source>Clean picture over the visible part of the scan</source>
        <translation>叠在扫描件可见部分上的完好图片</translation>
    </message>
</context>
<context>
    <name>Rescue</name>
    <message>
        <source>Rescue into a new file</source>
        <translation>抢救到新文件</translation>
    </message>
    <message>
        <source>Rescuing {0}</source>
        <translation>正在抢救 {0}</translation>
    </message>
    <message>
        <source>What can be read of {0} is now in {1}. The damaged file is unchanged.</source>
        <translation>{0} 中可读的内容现已写入 {1}。损坏的文件保持不变。</translation>
    </message>
    <message>
        <source>%n part(s) are lost; Copy diagnostics lists them.</source>
        <translation>有 %n 个部分丢失；“复制诊断信息”会列出它们。</translation>
    </message>
</context>
<context>
    <name>Reset</name>
    <message>
        <source>Differs from the default</source>
        <translation>与默认值不同</translation>
    </message>
    <message>
        <source>Reset {0} to its default</source>
        <translation>将“{0}”重置为默认值</translation>
    </message>
</context>
<context>
    <name>RestorePanel</name>
    <message>
        <source>Advanced</source>
        <translation>高级</translation>
    </message>
    <message>
        <source>Mark damage first: there is nothing to restore yet.</source>
        <translation>请先标记损伤：目前没有可修复的内容。</translation>
    </message>
    <message>
        <source>mark damage first</source>
        <translation>请先标记损伤</translation>
    </message>
    <message>
        <source>Looking at the damage…</source>
        <translation>正在查看损伤…</translation>
    </message>
    <message numerus="yes">
        <source>%n tile(s)</source>
        <translation>
            <numerusform>%n 个分块</numerusform>
        </translation>
    </message>
    <message>
        <source>{0}, {1} px, in {2}</source>
        <translation>{0}，{1} 像素，{2}</translation>
    </message>
    <message numerus="yes">
        <source>%n region(s)</source>
        <translation>
            <numerusform>%n 个区域</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n changed</source>
        <translation>
            <numerusform>%n 项已更改</numerusform>
        </translation>
    </message>
    <message>
        <source> · within the selection</source>
        <translation> · 仅选区内</translation>
    </message>
    <message>
        <source> · without the preview, which is not applied yet</source>
        <translation> · 不含尚未应用的预览</translation>
    </message>
    <message>
        <source> · about {0} here</source>
        <translation> · 在本机约需 {0}</translation>
    </message>
    <message>
        <source>about {0}</source>
        <translation>约 {0}</translation>
    </message>
    <message>
        <source> · the first run tells how long it takes here</source>
        <translation> · 首次运行后可知在本机所需时间</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source> · large damage is filled at 1:{0} first, then refined</source>
        <translation> · 大面积损伤先以 1:{0} 填补，再逐步细化</translation>
    </message>
    <message>
        <source> · about {0} GB of memory</source>
        <translation> · 约需 {0} GB 内存</translation>
    </message>
    <message>
        <source>, more than is free on the GPU: it will be slower</source>
        <translation>，超过 GPU 的空闲内存：会较慢</translation>
    </message>
    <message>
        <source>, minutes a tile without a GPU</source>
        <translation>，没有 GPU 时每块需要几分钟</translation>
    </message>
</context>
<context>
    <name>Restoring</name>
    <message>
        <source>Restoring everything</source>
        <translation>正在修复全部</translation>
    </message>
    <message>
        <source>Restoring the selection</source>
        <translation>正在修复选区</translation>
    </message>
    <message>
        <source>Restoring the visible part</source>
        <translation>正在修复可见部分</translation>
    </message>
    <message>
        <source>Restoring region {0}</source>
        <translation>正在修复区域 {0}</translation>
    </message>
    <message>
        <source>Restoring a part of result {0}</source>
        <translation>正在修复结果 {0} 的一部分</translation>
    </message>
    <message>
        <source>Hypothesis made: {0} px in {1} s. Compare it with the others.</source>
        <translation>假设已生成：{0} 像素，用时 {1} 秒。请与其他假设比较。</translation>
    </message>
    <message>
        <source>Restored: %n region(s), {0} px in {1} s. Accept the result, or try another variation.</source>
        <translation>已修复：%n 个区域，{0} 像素，用时 {1} 秒。请接受结果，或尝试其他变体。</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Ground, shadow or a raised edge may still show around these regions: {0}. Clean the rim, then restore again.</source>
        <translation>以下区域周围可能仍有底料、阴影或翘起的边缘：{0}。请清理边缘，然后重新修复。</translation>
    </message>
    <message>
        <source>Clean rim</source>
        <translation>清理边缘</translation>
    </message>
</context>
<context>
    <name>ResultQuestions</name>
    <message>
        <source>Discard this result?</source>
        <translation>丢弃此结果？</translation>
    </message>
    <message>
        <source>The result is removed from the list. Undo restores it.</source>
        <translation>该结果将从列表中移除。撤销可恢复它。</translation>
    </message>
    <message>
        <source>Rename result</source>
        <translation>重命名结果</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
</context>
<context>
    <name>ResultStrip</name>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>接受</translation>
    </message>
    <message>
        <source>Accept   Ctrl+Shift+A</source>
        <translation>接受   Ctrl+Shift+A</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>丢弃</translation>
    </message>
    <message>
        <source>Discard   Ctrl+Del</source>
        <translation>丢弃   Ctrl+Del</translation>
    </message>
    <message>
        <source>Compare variations   C</source>
        <translation>比较变体   C</translation>
    </message>
    <message>
        <source>Rename this result</source>
        <translation>重命名此结果</translation>
    </message>
    <message>
        <source>Copy its parameters to the Restore panel</source>
        <translation>将其参数复制到“修复”面板</translation>
    </message>
    <message>
        <source>{0} regions, {1} px</source>
        <translation>{0} 个区域，{1} 像素</translation>
    </message>
    <message>
        <source>A part of result {0}, restored again</source>
        <translation>结果 {0} 的一部分，重新修复</translation>
    </message>
    <message>
        <source>accepted: {0}</source>
        <translation>已接受：{0}</translation>
    </message>
    <message>
        <source>Accepted so far</source>
        <translation>目前已接受</translation>
    </message>
    <message>
        <source>Show all accepted fills</source>
        <translation>显示所有已接受的填补</translation>
    </message>
    <message>
        <source>The results of your restorations will be listed here.</source>
        <translation>修复结果将显示在这里。</translation>
    </message>
    <message>
        <source>Previous result   ,</source>
        <translation>上一结果   ,</translation>
    </message>
    <message>
        <source>Next result   .</source>
        <translation>下一结果   .</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>Result {0}</source>
        <translation>结果 {0}</translation>
    </message>
    <message>
        <source>Result {0} of {1}</source>
        <translation>结果 {0} / {1}</translation>
    </message>
</context>
<context>
    <name>ReviewPanel</name>
    <message>
        <source>Nothing to review yet</source>
        <translation>尚无可审阅内容</translation>
    </message>
    <message>
        <source>After a restoration you can accept or reject each filled region here, one after the other.</source>
        <translation>修复后可在此逐一接受或拒绝每个填补区域。</translation>
    </message>
    <message>
        <source>Reviewed regions</source>
        <translation>已审阅区域</translation>
    </message>
    <message>
        <source>Next unreviewed</source>
        <translation>下一个未审阅</translation>
    </message>
    <message>
        <source>Next unreviewed   N</source>
        <translation>下一个未审阅   N</translation>
    </message>
    <message>
        <source>Compare variations   C</source>
        <translation>比较变体   C</translation>
    </message>
    <message>
        <source>Make hypotheses</source>
        <translation>生成假设</translation>
    </message>
    <message>
        <source>Fill this region in four ways with the prompt and style under Restore, to compare   Shift+C</source>
        <translation>用“修复”中的提示词和风格以四种方式填补此区域，以便比较   Shift+C</translation>
    </message>
    <message>
        <source>Refine hypothesis</source>
        <translation>细化假设</translation>
    </message>
    <message>
        <source>Fill this region again from the hypothesis, with the prompt under Restore   Ctrl+Shift+C</source>
        <translation>从该假设出发，用“修复”中的提示词重新填补此区域   Ctrl+Shift+C</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>How far the new fill may leave the hypothesis; 1 fills the region anew</source>
        <translation>新填补可以偏离该假设多远；1 表示完全重新填补</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>接受</translation>
    </message>
    <message>
        <source>Accept   A</source>
        <translation>接受   A</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>拒绝</translation>
    </message>
    <message>
        <source>Reject   D</source>
        <translation>拒绝   D</translation>
    </message>
    <message>
        <source>Reject a part with the brush   J</source>
        <translation>用画笔拒绝一部分   J</translation>
    </message>
    <message>
        <source>Reject a part with the lasso   Shift+J</source>
        <translation>用套索拒绝一部分   Shift+J</translation>
    </message>
    <message>
        <source>Restore part again</source>
        <translation>重新修复此部分</translation>
    </message>
    <message>
        <source>Restore the rejected part again, with the rest as known paint   Ctrl+J</source>
        <translation>以其余部分为已知颜料，重新修复被拒绝的部分   Ctrl+J</translation>
    </message>
    <message>
        <source>Reject part</source>
        <translation>拒绝部分</translation>
    </message>
    <message>
        <source>Note on this region</source>
        <translation>此区域的备注</translation>
    </message>
    <message numerus="yes">
        <source>%n to review</source>
        <translation>
            <numerusform>%n 个待审阅</numerusform>
        </translation>
    </message>
    <message>
        <source>all reviewed</source>
        <translation>全部已审阅</translation>
    </message>
    <message>
        <source>Choose a result</source>
        <translation>请选择一个结果</translation>
    </message>
    <message>
        <source>Click a result below the picture to review its regions, one after the other.</source>
        <translation>点击图片下方的结果，逐一审阅其区域。</translation>
    </message>
    <message>
        <source>Press “Next unreviewed” to start.</source>
        <translation>点击“下一个未审阅”开始。</translation>
    </message>
    <message>
        <source>Previous region</source>
        <translation>上一区域</translation>
    </message>
    <message>
        <source>Next region</source>
        <translation>下一区域</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>{0} accepted, {1} rejected, {2} to review</source>
        <translation>{0} 个已接受，{1} 个已拒绝，{2} 个待审阅</translation>
    </message>
    <message>
        <source>Region {0} of {1}</source>
        <translation>区域 {0} / {1}</translation>
    </message>
    <message>
        <source>Every region is reviewed, here or in another result. The arrows show them again.</source>
        <translation>所有区域均已在此处或其他结果中审阅。用箭头可再次查看。</translation>
    </message>
    <message>
        <source>{0} px · {1} × {2} px at {3}, {4} · {5}</source>
        <translation>{0} 像素 · {1} × {2} 像素，位于 {3}, {4} · {5}</translation>
    </message>
    <message>
        <source>{0} px of it rejected</source>
        <translation>其中 {0} 像素被拒绝</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>to review</source>
        <translation>待审阅</translation>
    </message>
</context>
<context>
    <name>RimPanel</name>
    <message>
        <source>Clean rim</source>
        <translation>清理边缘</translation>
    </message>
    <message>
        <source>Find ground, shadow and raised edges that still show around the mask</source>
        <translation>查找蒙版周围仍然可见的底料、阴影和翘起的边缘</translation>
    </message>
    <message>
        <source>Add to the mask</source>
        <translation>添加到蒙版</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Zoom in to the next part of the rim, the longest first</source>
        <translation>放大到边缘的下一处，最长的在先</translation>
    </message>
    <message>
        <source>Examining the rim</source>
        <translation>正在检查边缘</translation>
    </message>
    <message>
        <source>The mask ends on intact paint everywhere; nothing needs to be added.</source>
        <translation>蒙版的边界处处都在完好的颜料上，无需添加。</translation>
    </message>
    <message>
        <source>Preview: {0} px around the mask still show ground, shadow or a raised edge.</source>
        <translation>预览：蒙版周围仍有 {0} 像素显示底料、阴影或翘起的边缘。</translation>
    </message>
    <message>
        <source>Clean rim: {0} px added. Undo takes them back.</source>
        <translation>清理边缘：已添加 {0} 像素。可以撤销。</translation>
    </message>
</context>
<context>
    <name>Runs</name>
    <message>
        <source>hypothesis</source>
        <translation>假设</translation>
    </message>
    <message>
        <source>with a study of this painting ({0}…)</source>
        <translation>使用了对这幅画的研究（{0}…）</translation>
    </message>
    <message>
        <source>seed {0}, variation {1}</source>
        <translation>种子 {0}，变体 {1}</translation>
    </message>
</context>
<context>
    <name>ScaleBar</name>
    <message>
        <source>Scale bar: {0}</source>
        <translation>比例尺：{0}</translation>
    </message>
</context>
<context>
    <name>ScaleEntry</name>
    <message>
        <source>Length on the painting</source>
        <translation>画作上的长度</translation>
    </message>
    <message>
        <source>Set scale</source>
        <translation>设定比例</translation>
    </message>
    <message>
        <source>{0} px  =</source>
        <translation>{0} 像素  =</translation>
    </message>
</context>
<context>
    <name>Selecting</name>
    <message>
        <source>Apply to the whole scan</source>
        <translation>应用到整个扫描件</translation>
    </message>
    <message>
        <source>Apply to the selection</source>
        <translation>应用到选区</translation>
    </message>
    <message>
        <source>Nothing is selected any more: the selection was removed.</source>
        <translation>已没有选中任何像素：选区已移除。</translation>
    </message>
</context>
<context>
    <name>SelectionStatus</name>
    <message>
        <source>Remove selection</source>
        <translation>移除选区</translation>
    </message>
    <message>
        <source>Detection, clean-up, statistics and restoration work everywhere again</source>
        <translation>检测、清理、统计和修复重新作用于全图</translation>
    </message>
    <message>
        <source>Limited to the selection ({0})</source>
        <translation>限于选区（{0}）</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Keep the brush the same size on screen when zooming</source>
        <translation>缩放时保持画笔在屏幕上的大小</translation>
    </message>
    <message>
        <source>Hide the mask while reviewing a result</source>
        <translation>审阅结果时隐藏蒙版</translation>
    </message>
    <message>
        <source>Ask before discarding a result</source>
        <translation>丢弃结果前询问</translation>
    </message>
    <message>
        <source>The language changes when the running job ends.</source>
        <translation>当前任务结束后将切换语言。</translation>
    </message>
    <message>
        <source>Your name, for the record</source>
        <translation>您的姓名，用于记录</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Surround</source>
        <translation>周围底色</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>操作者</translation>
    </message>
    <message>
        <source>Same as the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>GPU if available</source>
        <translation>有 GPU 时使用 GPU</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Mid grey</source>
        <translation>中灰</translation>
    </message>
    <message>
        <source>Dark grey</source>
        <translation>深灰</translation>
    </message>
    <message>
        <source>Light grey</source>
        <translation>浅灰</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>黑色</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>No matching action.</source>
        <translation>没有匹配的操作。</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Canvas</source>
        <translation>画布</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
</context>
<context>
    <name>Stages</name>
    <message>
        <source>writing</source>
        <translation>写入</translation>
    </message>
    <message>
        <source>verifying</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>aligning</source>
        <translation>配准</translation>
    </message>
    <message>
        <source>comparing</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>planning</source>
        <translation>规划</translation>
    </message>
    <message>
        <source>loading the network</source>
        <translation>加载网络</translation>
    </message>
    <message>
        <source>filling</source>
        <translation>填补</translation>
    </message>
    <message>
        <source>measuring</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>looking for intact crops</source>
        <translation>正在寻找完好的裁块</translation>
    </message>
    <message>
        <source>reading the crops</source>
        <translation>正在读取裁块</translation>
    </message>
    <message>
        <source>studying</source>
        <translation>正在研究</translation>
    </message>
</context>
<context>
    <name>Start</name>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Restore everything   Ctrl+Enter</source>
        <translation>修复全部   Ctrl+Enter</translation>
    </message>
    <message>
        <source>Visible part</source>
        <translation>可见部分</translation>
    </message>
    <message>
        <source>Only the damage the canvas shows   Ctrl+Shift+Enter</source>
        <translation>仅修复画布上可见的损伤   Ctrl+Shift+Enter</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Only region {0}, which is under review   Ctrl+Alt+Enter</source>
        <translation>仅修复正在审阅的区域 {0}   Ctrl+Alt+Enter</translation>
    </message>
    <message>
        <source>Only the region under review: choose one in Review first</source>
        <translation>仅修复正在审阅的区域：请先在“审阅”中选择</translation>
    </message>
</context>
<context>
    <name>StateSync</name>
    <message>
        <source>Your work is saved; only a backup is missing.</source>
        <translation>您的工作已保存；只是缺少一份备份。</translation>
    </message>
</context>
<context>
    <name>Statistics</name>
    <message>
        <source>The statistics were saved as {0} and {1}.</source>
        <translation>统计已保存为 {0} 和 {1}。</translation>
    </message>
    <message>
        <source>The statistics of the selection were saved as {0} and {1}.</source>
        <translation>选区的统计数据已保存为 {0} 和 {1}。</translation>
    </message>
    <message>
        <source>Measuring the damage</source>
        <translation>正在测量损伤</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>{0}-bit {1}</source>
        <translation>{0} 位 {1}</translation>
    </message>
</context>
<context>
    <name>Stopping</name>
    <message>
        <source>“{0}” is not finished yet.</source>
        <translation>“{0}”尚未完成。</translation>
    </message>
    <message>
        <source>Stop it and open {0}?</source>
        <translation>停止并打开 {0}？</translation>
    </message>
    <message>
        <source>Stop and open</source>
        <translation>停止并打开</translation>
    </message>
    <message>
        <source>Stop it and close? Finished results are kept.</source>
        <translation>停止并关闭？已完成的结果会保留。</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>停止并关闭</translation>
    </message>
    <message>
        <source>Queue still running</source>
        <translation>队列仍在运行</translation>
    </message>
    <message>
        <source>The queue is still restoring paintings.</source>
        <translation>队列仍在修复画作。</translation>
    </message>
    <message>
        <source>Stop it and close? Start it again later, and it continues where it was.</source>
        <translation>停止并关闭吗？以后重新开始时会从原处继续。</translation>
    </message>
    <message>
        <source>Job still running</source>
        <translation>任务仍在运行</translation>
    </message>
    <message>
        <source>Keep it running</source>
        <translation>继续运行</translation>
    </message>
</context>
<context>
    <name>Study</name>
    <message>
        <source>This engine can&apos;t study a painting: choose Imagest or Stable Diffusion under Restore.</source>
        <translation>此引擎不能研究画作：请在“修复”中选择 Imagest 或 Stable Diffusion。</translation>
    </message>
    <message>
        <source>Planning a study</source>
        <translation>正在规划研究</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>Studying this painting</source>
        <translation>正在研究这幅画</translation>
    </message>
    <message>
        <source>Study {0} · {1} steps · error −{2} %</source>
        <translation>研究 {0} · {1} 步 · 误差 −{2} %</translation>
    </message>
    <message>
        <source>{0} parts to study, {1} to test with; {2} steps take about {3} here, and {4} of memory.</source>
        <translation>{0} 个部分用于研究，{1} 个用于检验；{2} 步在本机约需 {3}，占用内存 {4}。</translation>
    </message>
</context>
<context>
    <name>StudyEditor</name>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>None yet: see Style</source>
        <translation>尚无：见“风格”</translation>
    </message>
    <message>
        <source>of another project</source>
        <translation>属于另一个项目</translation>
    </message>
</context>
<context>
    <name>StudySection</name>
    <message>
        <source>Study this painting</source>
        <translation>研究这幅画</translation>
    </message>
    <message>
        <source>Adapt the model of the Restore panel to the intact parts of this painting</source>
        <translation>使“修复”面板中的模型适应这幅画的完好部分</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>暂不</translation>
    </message>
    <message>
        <source>Kept with the project; choose one under Restore:</source>
        <translation>随项目保存；可在“修复”中选择：</translation>
    </message>
</context>
<context>
    <name>StyleAdapterEditor</name>
    <message>
        <source>The first that fits</source>
        <translation>第一个合适的</translation>
    </message>
</context>
<context>
    <name>StylePanel</name>
    <message>
        <source>Suggest</source>
        <translation>建议</translation>
    </message>
    <message>
        <source>Draw</source>
        <translation>绘制</translation>
    </message>
    <message>
        <source>Draw a rectangle on an intact region</source>
        <translation>在完好区域绘制矩形</translation>
    </message>
    <message>
        <source>Donor…</source>
        <translation>来源图片…</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message numerus="yes">
        <source>%n reference(s)</source>
        <translation>
            <numerusform>%n 个参考</numerusform>
        </translation>
    </message>
    <message>
        <source>Style reference {0}: {1} × {2} px at {3}, {4}</source>
        <translation>风格参考 {0}：{1} × {2} 像素，位于 {3}, {4}</translation>
    </message>
    <message>
        <source>Donor picture {0}</source>
        <translation>风格来源图片 {0}</translation>
    </message>
    <message>
        <source>No intact region was found.</source>
        <translation>未找到完好区域。</translation>
    </message>
    <message>
        <source>Which intact parts show the painting style?</source>
        <translation>哪些完好部分体现绘画风格？</translation>
    </message>
    <message>
        <source>A style reference is an intact region. The fill continues its colours and brushwork.</source>
        <translation>风格参考是一块完好的区域，填补会延续其色彩和笔触。</translation>
    </message>
    <message>
        <source>Trim to the intact part</source>
        <translation>裁剪到完好部分</translation>
    </message>
    <message>
        <source>Let the program suggest intact regions</source>
        <translation>由程序建议完好区域</translation>
    </message>
    <message>
        <source>Use another picture as the style reference</source>
        <translation>以另一幅图片作为风格参考</translation>
    </message>
    <message>
        <source>Use all</source>
        <translation>全部采用</translation>
    </message>
    <message>
        <source>Use none</source>
        <translation>全部不用</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Draw one, or choose a donor picture.</source>
        <translation>请自行绘制，或选择风格来源图片。</translation>
    </message>
    <message numerus="yes">
        <source>%n region(s) suggested: click one to use it</source>
        <translation>
            <numerusform>建议 %n 个区域：点击即可采用</numerusform>
        </translation>
    </message>
    <message>
        <source>Suggestion {0}: {1} × {2} px at {3}, {4}</source>
        <translation>建议 {0}：{1} × {2} 像素，位于 {3}, {4}</translation>
    </message>
    <message>
        <source>Style reference {0} contains damage or protected pixels: trim it, or remove it.</source>
        <translation>风格参考 {0} 含有损伤或受保护的像素：请裁剪或移除它。</translation>
    </message>
</context>
<context>
    <name>Swatch</name>
    <message>
        <source>Double-click to change the colour</source>
        <translation>双击可更改颜色</translation>
    </message>
</context>
<context>
    <name>Thumb</name>
    <message>
        <source>Remove {0}</source>
        <translation>移除{0}</translation>
    </message>
    <message>
        <source>Use {0}</source>
        <translation>采用{0}</translation>
    </message>
</context>
<context>
    <name>ToolOptions</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>容差</translation>
    </message>
    <message>
        <source>Largest colour difference</source>
        <translation>允许的最大颜色差异</translation>
    </message>
    <message>
        <source>Growth</source>
        <translation>扩展</translation>
    </message>
    <message>
        <source>Widens what the wand selects, over the soft edge of the damage</source>
        <translation>把魔棒的选区向外扩展，覆盖损伤的柔和边缘</translation>
    </message>
    <message>
        <source>Mark</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>Mark the area as damage   Alt or Ctrl erases</source>
        <translation>将该区域标记为损伤   按住 Alt 或 Ctrl 则擦除</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>擦除</translation>
    </message>
    <message>
        <source>Erase the area from the mask   Shift+E</source>
        <translation>从蒙版中擦除该区域   Shift+E</translation>
    </message>
    <message>
        <source>Effect on the mask</source>
        <translation>对蒙版的作用</translation>
    </message>
    <message>
        <source>Drag between two points</source>
        <translation>在两点之间拖动</translation>
    </message>
    <message>
        <source>Texture: also tells smooth plaster from painted areas of the same colour</source>
        <translation>纹理：还可将光滑的底料与同色的绘画区域分开</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>Drag to move, wheel to zoom</source>
        <translation>拖动移动，滚轮缩放</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Click to write or edit; drag to move; Delete removes</source>
        <translation>单击书写或编辑；拖动移动；Delete 键移除</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Drag a rectangle; Shift: add; Alt or Ctrl: subtract; click: remove</source>
        <translation>拖出矩形；Shift：添加；Alt 或 Ctrl：减去；点击：移除</translation>
    </message>
    <message>
        <source>Draw around a part; Shift: add; Alt or Ctrl: subtract; click: remove</source>
        <translation>圈出一部分；Shift：添加；Alt 或 Ctrl：减去；点击：移除</translation>
    </message>
    <message>
        <source>Example strokes</source>
        <translation>示例笔画</translation>
    </message>
    <message>
        <source>Paint over damage, then over intact paint; X: the other one; Esc: cancel</source>
        <translation>先画在损伤上，再画在完好颜料上；X：切换；Esc：取消</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Shift: straight line; X: eraser; Esc: cancel</source>
        <translation>Shift：直线；X：橡皮；Esc：取消</translation>
    </message>
    <message>
        <source>Shift: straight line; X: brush; Esc: cancel</source>
        <translation>Shift：直线；X：画笔；Esc：取消</translation>
    </message>
    <message>
        <source>Click to give a region this class; with Alt or Ctrl to clear it</source>
        <translation>单击将区域设为此类别；按住 Alt 或 Ctrl 单击则清除</translation>
    </message>
    <message>
        <source>Click the corners; Enter or a double click closes</source>
        <translation>点击各角；回车或双击闭合</translation>
    </message>
    <message>
        <source>Click similar colours; drag to change the tolerance</source>
        <translation>点击以选择相近颜色；拖动可调整容差</translation>
    </message>
    <message>
        <source>Drag between two points; enter their distance to set the scale</source>
        <translation>在两点之间拖动；输入距离以设定比例</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Draw around the damage; Alt or Ctrl: the other effect</source>
        <translation>沿损伤画一圈；Alt 或 Ctrl：相反效果</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Drag; Shift: square; Alt or Ctrl: the other effect</source>
        <translation>拖动；Shift：正方形；Alt 或 Ctrl：相反效果</translation>
    </message>
    <message>
        <source>Wand</source>
        <translation>魔棒</translation>
    </message>
    <message>
        <source>Fill or clear</source>
        <translation>填充或清除</translation>
    </message>
    <message>
        <source>Style reference</source>
        <translation>风格参考</translation>
    </message>
    <message>
        <source>Brush size   [ and ], or drag with Ctrl or Alt</source>
        <translation>画笔大小   [ 和 ]，或按住 Ctrl 或 Alt 拖动</translation>
    </message>
    <message>
        <source>Draw a rectangle on an intact region</source>
        <translation>在完好区域绘制矩形</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>Reject a part</source>
        <translation>拒绝一部分</translation>
    </message>
    <message>
        <source>Paint over the result; Ctrl takes back; Ctrl+J restores the part again</source>
        <translation>在结果上涂抹；Ctrl 收回；Ctrl+J 重新修复此部分</translation>
    </message>
    <message>
        <source>Draw around the part; Ctrl takes back; Ctrl+J restores the part again</source>
        <translation>圈出该部分；Ctrl 收回；Ctrl+J 重新修复此部分</translation>
    </message>
    <message>
        <source>Ground colour</source>
        <translation>底料颜色</translation>
    </message>
    <message>
        <source>Click where the bare ground is visible</source>
        <translation>点击露出底料之处</translation>
    </message>
</context>
<context>
    <name>Tools</name>
    <message>
        <source>There is nothing to fill here. Draw a closed outline and make all of it visible.</source>
        <translation>此处没有可填充的内容。请画出封闭轮廓，并使其完全可见。</translation>
    </message>
    <message>
        <source>Marked. Does ground or shadow still show around it?</source>
        <translation>已标记。周围是否仍可见底料或阴影？</translation>
    </message>
    <message>
        <source>Protected pixels are no damage: choose a class of damage, or Intact paint.</source>
        <translation>受保护的像素不是损伤：请选择损伤类别，或选择完好颜料。</translation>
    </message>
</context>
<context>
    <name>ViewHandlers</name>
    <message>
        <source>There is nothing to zoom to: mark some damage or select a region first.</source>
        <translation>没有可缩放到的内容：请先标记损伤或选择一个区域。</translation>
    </message>
    <message>
        <source>Export marked picture</source>
        <translation>导出标注图片</translation>
    </message>
    <message>
        <source>Longer side in pixels</source>
        <translation>长边（像素）</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Imagest Workstation</source>
        <translation>Imagest 工作站</translation>
    </message>
    <message>
        <source>Restores exactly the damaged pixels of a scan; everything else stays identical.</source>
        <translation>只修复扫描件中受损的像素；其余一切保持不变。</translation>
    </message>
    <message>
        <source>Open a scan or project…</source>
        <translation>打开扫描件或项目…</translation>
    </message>
    <message>
        <source>Try the sample</source>
        <translation>试用示例</translation>
    </message>
    <message>
        <source>or drop a file anywhere in this window</source>
        <translation>或将文件拖放到此窗口</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近</translation>
    </message>
    <message>
        <source>Scans and projects that you open are listed here.</source>
        <translation>您打开的扫描件和项目会列在这里。</translation>
    </message>
    <message>
        <source>Open {0}</source>
        <translation>打开 {0}</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
</context>
</TS>
