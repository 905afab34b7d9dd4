<?xml version='1.0' encoding='utf-8'?>
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
        <source>Fills exactly the damaged pixels of a painting’s scan, on this computer, and proves that all others are unchanged. A fill is a hypothesis, never the artist’s hand.</source>
        <translation>在本机上只填补绘画扫描件中受损的像素，并证明其余像素均未改变。填补是一种假设，绝非艺术家的手笔。</translation>
    </message>
    <message>
        <source>After Hu et al., npj Heritage Science (2025). Licensed under the Apache License 2.0.</source>
        <translation>依据 Hu 等人，npj Heritage Science（2025）。采用 Apache 许可证 2.0。</translation>
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
        <source>Show &amp;grown zone and blend ring</source>
        <translation>显示扩展区和融合环(&amp;G)</translation>
    </message>
    <message>
        <source>Show conte&amp;xt windows</source>
        <translation>显示上下文窗口(&amp;X)</translation>
    </message>
    <message>
        <source>Show &amp;reconstruction</source>
        <translation>显示重建部分(&amp;R)</translation>
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
        <source>Meas&amp;ure and calibrate</source>
        <translation>测量与标定(&amp;U)</translation>
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
        <translation>由完好图片推导(&amp;D)…</translation>
    </message>
    <message>
        <source>D&amp;erive cracks</source>
        <translation>推导裂纹(&amp;E)</translation>
    </message>
    <message>
        <source>Derive &amp;losses by ground colour</source>
        <translation>按底料颜色推导缺失(&amp;L)</translation>
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
        <source>&amp;Suggest intact regions</source>
        <translation>建议完好区域(&amp;S)</translation>
    </message>
    <message>
        <source>Use the s&amp;uggestions</source>
        <translation>采用建议(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Donor picture…</source>
        <translation>供体图片(&amp;D)…</translation>
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
        <source>&amp;Previous result</source>
        <translation>上一结果(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Next result</source>
        <translation>下一结果(&amp;N)</translation>
    </message>
    <message>
        <source>Show what is acc&amp;epted</source>
        <translation>显示已接受的内容(&amp;E)</translation>
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
        <source>&amp;Copy its parameters into the panel</source>
        <translation>将其参数复制到面板(&amp;C)</translation>
    </message>
    <message>
        <source>Next &amp;unreviewed region</source>
        <translation>下一个未审查区域(&amp;U)</translation>
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
        <source>Move the view, also in mid-stroke</source>
        <translation>移动视图，绘制途中亦可</translation>
    </message>
    <message>
        <source>Show the original while held</source>
        <translation>按住时显示原件</translation>
    </message>
    <message>
        <source>Straight lines and right angles while held</source>
        <translation>按住时为直线和直角</translation>
    </message>
    <message>
        <source>Abandon the stroke</source>
        <translation>放弃笔画</translation>
    </message>
    <message>
        <source>Zoom at the cursor</source>
        <translation>在光标处缩放</translation>
    </message>
    <message>
        <source>Change the brush size by dragging</source>
        <translation>拖动改变画笔大小</translation>
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
    <name>ClassList</name>
    <message>
        <source>New damage class</source>
        <translation>新建损伤类别</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
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
        <source>Filled by a restoration; click to record it only</source>
        <translation>修复时填补；点击改为仅记录</translation>
    </message>
    <message>
        <source>Recorded and counted, left as it is; click to fill it</source>
        <translation>仅记录和统计，保持原样；点击改为填补</translation>
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
        <translation>补色</translation>
    </message>
</context>
<context>
    <name>CompareArea</name>
    <message>
        <source>Second canvas</source>
        <translation>第二画布</translation>
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
        <translation>修复件，审查中</translation>
    </message>
    <message>
        <source>Restored</source>
        <translation>修复件</translation>
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
    <name>DamagePanel</name>
    <message>
        <source>Don’t paint over other classes</source>
        <translation>不覆盖其他类别</translation>
    </message>
    <message>
        <source>Derive the mask</source>
        <translation>推导蒙版</translation>
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
        <source>Paint over the damage, let the program find it, or import a mask. You can mix all three.</source>
        <translation>涂出损伤处，让程序查找，或导入蒙版；三种方式可混用。</translation>
    </message>
    <message>
        <source>Paint</source>
        <translation>绘制</translation>
    </message>
    <message>
        <source>Derive</source>
        <translation>推导</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>nothing marked</source>
        <translation>尚未标记</translation>
    </message>
    <message>
        <source>{0} of the surface</source>
        <translation>占画面 {0}</translation>
    </message>
</context>
<context>
    <name>Deciding</name>
    <message>
        <source>{0} regions accepted. Export writes them into a copy of the scan.</source>
        <translation>已接受 {0} 个区域。导出时会写入扫描件的副本。</translation>
    </message>
    <message>
        <source>Every region of this result is reviewed.</source>
        <translation>此结果的所有区域均已审查。</translation>
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
        <source>From the scan alone: where the ground shows</source>
        <translation>仅由扫描件：露出底料之处</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Apply to the whole scan</source>
        <translation>应用到整个扫描件</translation>
    </message>
    <message>
        <source>no clean picture chosen</source>
        <translation>未选择完好图片</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
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
        <source>Cracks are</source>
        <translation>裂纹为</translation>
    </message>
    <message>
        <source>ground found by the program</source>
        <translation>由程序找到的底料</translation>
    </message>
    <message>
        <source>ground picked</source>
        <translation>已拾取底料</translation>
    </message>
    <message>
        <source>Pick</source>
        <translation>拾取</translation>
    </message>
    <message>
        <source>Click on bare ground in the picture</source>
        <translation>在图中点击裸露的底料</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
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
        <source>Choose a clean picture of the same work to compare with.</source>
        <translation>请选择同一作品的完好图片进行比较。</translation>
    </message>
    <message>
        <source>Looking at the scan…</source>
        <translation>正在查看扫描件…</translation>
    </message>
    <message>
        <source>This could not be looked at.</source>
        <translation>无法查看。</translation>
    </message>
    <message>
        <source>Preview: {0} of the visible part, in {1} ms.</source>
        <translation>预览：可见部分的 {0}，用时 {1} 毫秒。</translation>
    </message>
    <message>
        <source>Only its middle is previewed; zoom in for the rest.</source>
        <translation>仅预览中间部分；放大可看其余部分。</translation>
    </message>
    <message>
        <source>{0}: {1} px marked. Correct them with brush and eraser.</source>
        <translation>{0}：已标记 {1} 像素。可用画笔和橡皮修正。</translation>
    </message>
    <message>
        <source>Deriving the mask</source>
        <translation>正在推导蒙版</translation>
    </message>
</context>
<context>
    <name>Derivers</name>
    <message>
        <source>The pictures lie exactly over each other.</source>
        <translation>两图完全重合。</translation>
    </message>
    <message>
        <source>Registered: moved by {0}, {1} px, scaled by {2}, agreement {3}.</source>
        <translation>已配准：平移 {0}、{1} 像素，缩放 {2}，吻合度 {3}。</translation>
    </message>
    <message>
        <source>Closing</source>
        <translation>闭合</translation>
    </message>
    <message>
        <source>Bridges gaps up to about twice this radius</source>
        <translation>连接宽度约为此半径两倍以内的间隙</translation>
    </message>
    <message>
        <source>Smallest area</source>
        <translation>最小面积</translation>
    </message>
    <message>
        <source>Smaller spots are not damage</source>
        <translation>更小的斑点不算损伤</translation>
    </message>
    <message>
        <source>Dilation</source>
        <translation>膨胀</translation>
    </message>
    <message>
        <source>Grows the mask over its uncertain rim</source>
        <translation>将蒙版扩展到不确定的边缘</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>开运算</translation>
    </message>
    <message>
        <source>Radius that damage must hold somewhere to stay</source>
        <translation>损伤某处须容纳此半径方可保留</translation>
    </message>
    <message>
        <source>Cracks</source>
        <translation>裂纹</translation>
    </message>
    <message>
        <source>Thin lines darker than the paint, in the tone that cracks have here.</source>
        <translation>比颜料更深的细线，色调与此处裂纹一致。</translation>
    </message>
    <message>
        <source>Strictness</source>
        <translation>严格度</translation>
    </message>
    <message>
        <source>Lower follows cracks further into faint parts</source>
        <translation>越低越能追踪裂纹的微弱部分</translation>
    </message>
    <message>
        <source>Widest</source>
        <translation>最大宽度</translation>
    </message>
    <message>
        <source>No crack is wider</source>
        <translation>裂纹不会更宽</translation>
    </message>
    <message>
        <source>Shortest</source>
        <translation>最短长度</translation>
    </message>
    <message>
        <source>Shorter lines are no cracks</source>
        <translation>更短的线条不是裂纹</translation>
    </message>
    <message>
        <source>Losses</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>Where the bare ground shows. Pick its colour, or let the program find it.</source>
        <translation>露出底料之处。拾取其颜色，或由程序查找。</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>容差</translation>
    </message>
    <message>
        <source>How far colours may differ from the ground</source>
        <translation>颜色与底料可相差多少</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>Where the scan differs from a clean picture of the same work.</source>
        <translation>扫描件与同一作品完好图片的不同之处。</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>阈值</translation>
    </message>
    <message>
        <source>Difference from which on a pixel is damaged</source>
        <translation>差异达到此值的像素视为受损</translation>
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
</context>
<context>
    <name>Engines</name>
    <message>
        <source>about imagest</source>
        <translation>随程序提供的、以风格为条件的扩散网络。可在 GPU 上运行，或在 CPU 上每个窗口数秒。忠实：依据周围内容；纹理：带有风格参考的纹理。</translation>
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
        <source>{0} bit, {1}, {2} compression: as in the scan.</source>
        <translation>{0} 位，{1}，{2} 压缩：与扫描件一致。</translation>
    </message>
    <message>
        <source>A lossless TIFF of exactly the scan’s samples: {0} bit, {1}.</source>
        <translation>与扫描件样本完全一致的无损 TIFF：{0} 位，{1}。</translation>
    </message>
    <message>
        <source>Every sample outside the fills is compared with the scan before the file gets its name.</source>
        <translation>文件命名前，填补以外的每个样本都会与扫描件比对。</translation>
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
        <source>Replace files that exist</source>
        <translation>替换已有文件</translation>
    </message>
    <message>
        <source>The mask (PNG)</source>
        <translation>蒙版（PNG）</translation>
    </message>
    <message>
        <source>The fills alone (RGBA TIFF, transparent elsewhere)</source>
        <translation>仅填补部分（RGBA TIFF，其余透明）</translation>
    </message>
    <message>
        <source>The record: what was done, with what, when (JSON)</source>
        <translation>记录：何时用何法做了什么（JSON）</translation>
    </message>
    <message>
        <source>Beside it</source>
        <translation>附带文件</translation>
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
        <source>Writing and verifying… the progress is at the bottom of the window.</source>
        <translation>正在写入和验证… 进度显示在窗口底部。</translation>
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
        <source>Verified: {0} samples outside the fills are identical to the scan’s; {1} px are filled.
The fingerprint of the unchanged samples is {2}…
Written: {3}</source>
        <translation>已验证：填补以外的 {0} 个样本与扫描件完全一致；已填补 {1} 像素。
未改变样本的指纹为 {2}…
已写入：{3}</translation>
    </message>
</context>
<context>
    <name>Exporting</name>
    <message>
        <source>No fill is accepted yet: accept a result first.</source>
        <translation>尚未接受任何填补：请先接受一个结果。</translation>
    </message>
    <message>
        <source>The restored scan is a TIFF: let its name end in .tif.</source>
        <translation>修复后的扫描件为 TIFF：文件名请以 .tif 结尾。</translation>
    </message>
    <message>
        <source>{0} exists already: choose another name or let it be replaced.</source>
        <translation>{0} 已存在：请另选名称或允许替换。</translation>
    </message>
</context>
<context>
    <name>Follower</name>
    <message>
        <source>Your work goes on in memory; save it under another name.</source>
        <translation>您的工作暂存于内存；请另存为其他名称。</translation>
    </message>
</context>
<context>
    <name>Gestures</name>
    <message>
        <source>Restore with {0}</source>
        <translation>用 {0} 修复</translation>
    </message>
    <message>
        <source>Accept {0} regions</source>
        <translation>接受 {0} 个区域</translation>
    </message>
    <message>
        <source>Reject {0} regions</source>
        <translation>拒绝 {0} 个区域</translation>
    </message>
    <message>
        <source>Reconsider {0} regions</source>
        <translation>重新考虑 {0} 个区域</translation>
    </message>
    <message>
        <source>Accept region {0}</source>
        <translation>接受区域 {0}</translation>
    </message>
    <message>
        <source>Reject region {0}</source>
        <translation>拒绝区域 {0}</translation>
    </message>
    <message>
        <source>Reconsider region {0}</source>
        <translation>重新考虑区域 {0}</translation>
    </message>
    <message>
        <source>Add class {0}</source>
        <translation>添加类别 {0}</translation>
    </message>
    <message>
        <source>Rename class to {0}</source>
        <translation>类别重命名为 {0}</translation>
    </message>
    <message>
        <source>Import {0}</source>
        <translation>导入 {0}</translation>
    </message>
    <message>
        <source>Discard result</source>
        <translation>丢弃结果</translation>
    </message>
    <message>
        <source>Annotate</source>
        <translation>添加备注</translation>
    </message>
    <message>
        <source>Review region</source>
        <translation>审查区域</translation>
    </message>
    <message>
        <source>Add style region</source>
        <translation>添加风格区域</translation>
    </message>
    <message>
        <source>Move style region</source>
        <translation>移动风格区域</translation>
    </message>
    <message>
        <source>Remove style region</source>
        <translation>移除风格区域</translation>
    </message>
    <message>
        <source>Set style reference</source>
        <translation>设定风格参考</translation>
    </message>
    <message>
        <source>Use suggested style</source>
        <translation>采用建议的风格</translation>
    </message>
    <message>
        <source>Trim style references</source>
        <translation>裁剪风格参考</translation>
    </message>
    <message>
        <source>Remove style references</source>
        <translation>移除风格参考</translation>
    </message>
    <message>
        <source>Set donor picture</source>
        <translation>设定供体图片</translation>
    </message>
    <message>
        <source>Remove donor picture</source>
        <translation>移除供体图片</translation>
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
        <source>Set operator</source>
        <translation>设定操作者</translation>
    </message>
    <message>
        <source>Edit notes</source>
        <translation>编辑备注</translation>
    </message>
    <message>
        <source>Invert mask</source>
        <translation>反转蒙版</translation>
    </message>
    <message>
        <source>Grow class</source>
        <translation>扩展类别</translation>
    </message>
    <message>
        <source>Shrink class</source>
        <translation>收缩类别</translation>
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
        <source>Derive cracks</source>
        <translation>推导裂纹</translation>
    </message>
    <message>
        <source>Derive losses</source>
        <translation>推导缺失</translation>
    </message>
    <message>
        <source>Derive difference</source>
        <translation>推导差异</translation>
    </message>
    <message>
        <source>Recolour class</source>
        <translation>更改类别颜色</translation>
    </message>
    <message>
        <source>Lock class</source>
        <translation>锁定类别</translation>
    </message>
    <message>
        <source>Unlock class</source>
        <translation>解锁类别</translation>
    </message>
    <message>
        <source>Show class</source>
        <translation>显示类别</translation>
    </message>
    <message>
        <source>Hide class</source>
        <translation>隐藏类别</translation>
    </message>
    <message>
        <source>Fill class</source>
        <translation>填补类别</translation>
    </message>
    <message>
        <source>Only record class</source>
        <translation>类别仅记录</translation>
    </message>
</context>
<context>
    <name>Head</name>
    <message>
        <source>Fold or open {0}</source>
        <translation>折叠或展开{0}</translation>
    </message>
</context>
<context>
    <name>HistoryPanel</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Every gesture is listed here and can be taken back.</source>
        <translation>每一步操作都列在此处，均可撤回。</translation>
    </message>
    <message numerus="yes">
        <source>%n step(s)</source>
        <translation><numerusform>%n 步</numerusform></translation>
    </message>
</context>
<context>
    <name>JobLine</name>
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
        <source>Cancelling after this step…</source>
        <translation>本步完成后取消…</translation>
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
        <translation>审查</translation>
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
        <source>Nothing yet</source>
        <translation>暂无</translation>
    </message>
    <message>
        <source>S&amp;urround</source>
        <translation>周围底色(&amp;U)</translation>
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
        <source>Pa&amp;nels</source>
        <translation>面板(&amp;N)</translation>
    </message>
    <message>
        <source>Reset &amp;layout</source>
        <translation>重置布局(&amp;L)</translation>
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
    <name>Masking</name>
    <message>
        <source>{0} px of damage imported from {1}.</source>
        <translation>已从 {1} 导入 {0} 像素的损伤。</translation>
    </message>
    <message>
        <source>Reading the mask</source>
        <translation>正在读取蒙版</translation>
    </message>
    <message>
        <source>Writing the mask</source>
        <translation>正在写入蒙版</translation>
    </message>
    <message>
        <source>The mask is in {0}.</source>
        <translation>蒙版已保存在 {0}。</translation>
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
        <source>Something unexpected went wrong; your work is kept.</source>
        <translation>发生意外错误；您的工作已保留。</translation>
    </message>
    <message>
        <source>Copy the diagnostics and report them.</source>
        <translation>请复制诊断信息并报告。</translation>
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
        <source>Everything is in {0}.</source>
        <translation>全部内容已保存在 {0}。</translation>
    </message>
    <message>
        <source>The project is kept in {0} from here on.</source>
        <translation>项目从现在起保存在 {0}。</translation>
    </message>
</context>
<context>
    <name>Overview</name>
    <message>
        <source>Overview map</source>
        <translation>总览图</translation>
    </message>
    <message>
        <source>Overview: press to go there</source>
        <translation>总览：点击前往该处</translation>
    </message>
</context>
<context>
    <name>RestorePanel</name>
    <message>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
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
        <source>Mode</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
    <message>
        <source>Fewest steps: to see where it goes</source>
        <translation>步数最少：查看大致效果</translation>
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
        <source>Most steps: for the last run</source>
        <translation>步数最多：用于最后一次</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Keep this seed for the next restoration</source>
        <translation>下次修复保留此种子</translation>
    </message>
    <message>
        <source>New seed</source>
        <translation>新种子</translation>
    </message>
    <message>
        <source>Variations</source>
        <translation>变体数</translation>
    </message>
    <message>
        <source>What is lost, for engines that read text</source>
        <translation>缺失的内容，供可读文字的引擎使用</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>Growth</source>
        <translation>扩展</translation>
    </message>
    <message>
        <source>Grows the mask over its uncertain rim</source>
        <translation>将蒙版扩展到不确定的边缘</translation>
    </message>
    <message>
        <source>Blend</source>
        <translation>融合</translation>
    </message>
    <message>
        <source>Transition inside the grown mask</source>
        <translation>扩展蒙版内的过渡</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Intact border round damage, as a share of its size</source>
        <translation>损伤周围的完好边缘，占其尺寸的比例</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>0: as the quality says</source>
        <translation>0：由质量决定</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>高级</translation>
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
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Restore   Ctrl+Enter</source>
        <translation>修复   Ctrl+Enter</translation>
    </message>
    <message>
        <source>Visible part</source>
        <translation>可见部分</translation>
    </message>
    <message>
        <source>Only the damage the canvas shows</source>
        <translation>仅画布中显示的损伤</translation>
    </message>
    <message>
        <source>no weights installed</source>
        <translation>未安装权重</translation>
    </message>
    <message>
        <source>Device: {0}</source>
        <translation>设备：{0}</translation>
    </message>
    <message>
        <source>Mark damage first: there is nothing to restore yet.</source>
        <translation>请先标记损伤：目前没有可修复的内容。</translation>
    </message>
    <message>
        <source>Looking at the damage…</source>
        <translation>正在查看损伤…</translation>
    </message>
    <message>
        <source>{0} regions, {1} px, in {2} windows</source>
        <translation>{0} 个区域，{1} 像素，{2} 个窗口</translation>
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
        <source> · large damage is solved at 1:{0} and enlarged</source>
        <translation> · 大面积损伤以 1:{0} 求解后放大</translation>
    </message>
</context>
<context>
    <name>Restoring</name>
    <message>
        <source>Restoring everything</source>
        <translation>正在修复全部</translation>
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
        <source>{0} regions, {1} px filled in {2} s. Accept the result, or try another variation.</source>
        <translation>{2} 秒内填补了 {0} 个区域、{1} 像素。请接受结果，或尝试另一个变体。</translation>
    </message>
</context>
<context>
    <name>ResultStrip</name>
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
        <source>Rename this result</source>
        <translation>重命名此结果</translation>
    </message>
    <message>
        <source>Copy its parameters into the panel</source>
        <translation>将其参数复制到面板</translation>
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
        <source>Show what is accepted so far</source>
        <translation>显示目前已接受的内容</translation>
    </message>
    <message>
        <source>{0}
seed {1}, variation {2}
{3} regions, {4} px
accepted: {5}</source>
        <translation>{0}
种子 {1}，变体 {2}
{3} 个区域，{4} 像素
已接受：{5}</translation>
    </message>
    <message>
        <source>Result {0}</source>
        <translation>结果 {0}</translation>
    </message>
    <message>
        <source>Result {0} of {1}</source>
        <translation>结果 {0} / {1}</translation>
    </message>
    <message>
        <source>Accepted so far</source>
        <translation>目前已接受</translation>
    </message>
</context>
<context>
    <name>ReviewPanel</name>
    <message>
        <source>Nothing to review yet</source>
        <translation>尚无可审查内容</translation>
    </message>
    <message>
        <source>After a restoration you can accept or reject each filled region here, one after the other.</source>
        <translation>修复后可在此逐一接受或拒绝每个填补区域。</translation>
    </message>
    <message>
        <source>Reviewed regions</source>
        <translation>已审查区域</translation>
    </message>
    <message>
        <source>Next unreviewed</source>
        <translation>下一个未审查</translation>
    </message>
    <message>
        <source>Next unreviewed   N</source>
        <translation>下一个未审查   N</translation>
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
        <source>Previous region</source>
        <translation>上一区域</translation>
    </message>
    <message>
        <source>Next region</source>
        <translation>下一区域</translation>
    </message>
    <message>
        <source>A note on this region</source>
        <translation>关于此区域的备注</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>{0} accepted, {1} rejected, {2} to review</source>
        <translation>{0} 个已接受，{1} 个已拒绝，{2} 个待审查</translation>
    </message>
    <message>
        <source>Region {0} of {1}</source>
        <translation>区域 {0} / {1}</translation>
    </message>
    <message>
        <source>Go to the first region to begin.</source>
        <translation>前往第一个区域开始。</translation>
    </message>
    <message>
        <source>{0} px · {1} × {2} px at {3}, {4} · {5}</source>
        <translation>{0} 像素 · {1} × {2} 像素，位于 {3}, {4} · {5}</translation>
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
        <translation>待审查</translation>
    </message>
</context>
<context>
    <name>Scale</name>
    <message>
        <source>Scale of the difference map</source>
        <translation>差异图标尺</translation>
    </message>
    <message>
        <source>Difference, ΔE 2000</source>
        <translation>差异，ΔE 2000</translation>
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
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Hide the mask while a result is judged</source>
        <translation>评判结果时隐藏蒙版</translation>
    </message>
    <message>
        <source>Ask before a result is discarded</source>
        <translation>丢弃结果前询问</translation>
    </message>
    <message>
        <source>Keep the brush the same size on screen when zooming</source>
        <translation>缩放时保持画笔在屏幕上的大小</translation>
    </message>
    <message>
        <source>The language changes when the program is started again.</source>
        <translation>语言将在重新启动程序后改变。</translation>
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
        <source>As the system</source>
        <translation>跟随系统</translation>
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
        <source>GPU if there is one</source>
        <translation>有 GPU 时使用 GPU</translation>
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
        <source>No action of that name.</source>
        <translation>没有此名称的操作。</translation>
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
    <name>Slots</name>
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
        <source>Not everything is kept</source>
        <translation>并非全部内容都已保存</translation>
    </message>
    <message>
        <source>The project could not be written. Close and lose the latest changes?</source>
        <translation>无法写入项目。是否关闭并丢失最近的更改？</translation>
    </message>
    <message>
        <source>The diagnostics are on the clipboard.</source>
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
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Choose a donor picture</source>
        <translation>选择供体图片</translation>
    </message>
    <message>
        <source>Discard this result?</source>
        <translation>丢弃此结果？</translation>
    </message>
    <message>
        <source>The result is taken off the list. Undo brings it back.</source>
        <translation>结果将从列表中移除。撤销可恢复。</translation>
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
        <source>loading</source>
        <translation>加载</translation>
    </message>
    <message>
        <source>filling</source>
        <translation>填补</translation>
    </message>
</context>
<context>
    <name>StylePanel</name>
    <message>
        <source>Which parts show how it was painted?</source>
        <translation>哪些部分体现了画法？</translation>
    </message>
    <message>
        <source>A style reference is an intact region whose colours and brushwork the fill continues.</source>
        <translation>风格参考是完好的区域，填补会延续其色彩和笔触。</translation>
    </message>
    <message>
        <source>Suggest</source>
        <translation>建议</translation>
    </message>
    <message>
        <source>Draw</source>
        <translation>绘制</translation>
    </message>
    <message>
        <source>Trim to what is intact</source>
        <translation>裁剪到完好部分</translation>
    </message>
    <message>
        <source>Draw a rectangle on an intact region</source>
        <translation>在完好区域绘制矩形</translation>
    </message>
    <message>
        <source>Donor…</source>
        <translation>供体…</translation>
    </message>
    <message>
        <source>Another work as style</source>
        <translation>以另一作品为风格</translation>
    </message>
    <message>
        <source>Use them</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>No</source>
        <translation>不用</translation>
    </message>
    <message numerus="yes">
        <source>%n reference(s)</source>
        <translation><numerusform>%n 个参考</numerusform></translation>
    </message>
    <message>
        <source>the program picks</source>
        <translation>由程序选取</translation>
    </message>
    <message>
        <source>Style reference {0}: {1} × {2} px at {3}, {4}</source>
        <translation>风格参考 {0}：{1} × {2} 像素，位于 {3}, {4}</translation>
    </message>
    <message>
        <source>Donor picture {0}</source>
        <translation>供体图片 {0}</translation>
    </message>
    <message>
        <source>No intact region was found.</source>
        <translation>未找到完好区域。</translation>
    </message>
    <message>
        <source>Draw one yourself, or choose a donor picture.</source>
        <translation>请自行绘制，或选择供体图片。</translation>
    </message>
    <message numerus="yes">
        <source>%n intact region(s) outlined on the picture. Click one, or</source>
        <translation><numerusform>图中已标出 %n 个完好区域。点击其一，或</numerusform></translation>
    </message>
    <message>
        <source>These references touch damage: {0}. Draw others.</source>
        <translation>以下参考触及损伤：{0}。请另行绘制。</translation>
    </message>
</context>
<context>
    <name>Thumb</name>
    <message>
        <source>Remove {0}</source>
        <translation>移除{0}</translation>
    </message>
</context>
<context>
    <name>ToolOptions</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Brush size   [ and ], or Alt-drag</source>
        <translation>画笔大小   [ 和 ]，或 Alt 拖动</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>容差</translation>
    </message>
    <message>
        <source>How far colours may differ</source>
        <translation>颜色可相差多少</translation>
    </message>
    <message>
        <source>Drag between two points</source>
        <translation>在两点之间拖动</translation>
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
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Shift draws straight, X swaps with the eraser, Esc abandons</source>
        <translation>Shift 画直线，X 切换橡皮，Esc 放弃</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮</translation>
    </message>
    <message>
        <source>Shift draws straight, X swaps with the brush, Esc abandons</source>
        <translation>Shift 画直线，X 切换画笔，Esc 放弃</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Draw round the damage; Alt takes away</source>
        <translation>圈出损伤；Alt 减去</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Click the corners, Enter or a double click closes</source>
        <translation>点击各角，回车或双击闭合</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Drag; Shift makes a square; Alt takes away</source>
        <translation>拖动；Shift 画正方形；Alt 减去</translation>
    </message>
    <message>
        <source>Wand</source>
        <translation>魔棒</translation>
    </message>
    <message>
        <source>Press and drag: grows over similar colours</source>
        <translation>按住拖动：扩展到相近颜色</translation>
    </message>
    <message>
        <source>Fill or clear</source>
        <translation>填充或清除</translation>
    </message>
    <message>
        <source>Click gives a region this class; Alt-click clears it</source>
        <translation>点击将区域设为此类别；Alt 点击清除</translation>
    </message>
    <message>
        <source>Style reference</source>
        <translation>风格参考</translation>
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
        <source>Drag between two points; type their distance to set the scale</source>
        <translation>在两点之间拖动；输入距离以设定比例</translation>
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
        <source>Brush stroke</source>
        <translation>画笔笔画</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>擦除</translation>
    </message>
    <message>
        <source>Clear region</source>
        <translation>清除区域</translation>
    </message>
    <message>
        <source>Change class of region</source>
        <translation>更改区域类别</translation>
    </message>
    <message>
        <source>Nothing to fill here: draw a closed outline first, and let all of it be seen.</source>
        <translation>此处无可填充：请先画出封闭轮廓，并使其完全可见。</translation>
    </message>
    <message>
        <source>Fill region</source>
        <translation>填充区域</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>轮廓</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Wand</source>
        <translation>魔棒</translation>
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
        <source>Scans and projects you open appear here, where you left them.</source>
        <translation>您打开的扫描件和项目会显示在这里，并保持离开时的状态。</translation>
    </message>
    <message>
        <source>Open {0}</source>
        <translation>打开 {0}</translation>
    </message>
</context>
</TS>