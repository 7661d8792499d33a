//! The fixed words of the page and of reports, in both languages.
//!
//! Add a label here and it exists in English and Chinese, or it does not
//! compile. Sentences with arguments live in [`crate::say::Sentence`].
//!
//! `[server]` are words of what the server renders; `[script]` travel with each
//! page for its script; `[later]` are built by static/build.mjs into the scripts
//! that come with a run, so that they weigh nothing before there is one.

use super::labelled::labels;

labels! {
    [server]
    // Around every page.
    skip: "Skip to the content", "跳到正文";
    all_lessons: "All lessons", "全部课程";
    other_language: "中文", "English";
    theme: "Colours", "配色";
    theme_auto: "auto", "自动";
    theme_light: "light", "浅色";
    theme_dark: "dark", "深色";

    // The course and the text of a lesson.
    minutes: "min", "分钟";
    read_before: "Read before:", "先读：";
    sandbox: "Sandbox: any program, on any kernel", "沙盒：任何程序，任何内核";
    stimulus: "What makes it happen", "触发命令";
    stimulus_help: "A shell command in the guest, as a user without rights. Empty: you watch for a minute.", "在虚拟机里以无特权用户身份运行的 shell 命令。留空则观察一分钟。";
    hint: "Hint", "提示";
    glossary: "Glossary", "术语表";
    glossary_lead: "The words that the lessons take for granted once they were explained. In a lesson the first use of each leads here.", "课程里解释过一次之后就不再解释的术语。每一课第一次用到某个术语时，都会链接到这里。";
    needs: "What each lesson needs", "每课需要什么";
    needs_lead: "Made from the lessons themselves, and from what each kernel was found to have by trying it.", "由课程文件生成；各内核是否具备，是逐项试出来的。";
    needs_lesson: "Lesson", "课程";
    needs_kernel: "First kernel", "最低内核版本";
    needs_programs: "Program types", "程序类型";
    needs_more: "Maps and more", "map 等";
    needs_helpers: "Helpers", "helper";
    needs_hooks: "Hooks", "钩子";
    needs_met: "has it all", "全部具备";
    lesson_broken: "This lesson cannot be shown:", "本课无法显示：";
    on_this_page: "On this page", "本页目录";
    untranslated: "This lesson is in English so far.", "本课暂时只有英文版。";
    previous: "Previous", "上一课";
    hints: "Stuck?", "卡住了？";
    solution: "Solution", "参考答案";
    no_script: "All of this can be read without JavaScript. To edit and run the program, allow scripts for this page.", "不启用 JavaScript 也能阅读全部内容；要编辑并运行程序，请为本页启用脚本。";

    // The bench: editor, buttons, kernel.
    lab: "Lab", "实验台";
    to_lab: "Editor and Run", "编辑并运行";
    starter: "The starter program", "起始代码";
    flags: "How it is compiled", "编译命令";

    // Pages that are one message, and what a lesson rests on.
    not_found: "Not found", "找不到";
    not_taken_home: "Nothing to take home", "无法下载";
    sources: "Where the facts come from", "参考资料";

    [script]
    // Around every page.
    cannot_run: "Programs cannot be run here at the moment.", "此处暂时无法运行程序。";

    // The course and the text of a lesson.
    next: "Next", "下一课";
    hint_is: "Hint:", "提示：";
    solution_use: "Put the solution into the editor", "将参考答案放入编辑器";

    // The bench: editor, buttons, kernel.
    run: "Run", "运行";
    stop: "Stop", "停止";
    editor: "Source code", "源代码";
    editor_help: "Esc, then Tab leaves the editor", "先按 Esc，再按 Tab，可离开编辑器";
    editor_loading: "The editor is loading…", "正在加载编辑器…";
    editor_failed: "The editor could not be loaded; this plain box works as well.", "编辑器加载失败，可以先用这个纯文本框。";
    files: "Files", "文件";
    kernel: "Kernel", "内核";
    reset: "Reset", "重置";
    reset_help: "Bring the starter program back", "恢复起始代码";
    take_home: "Take it home", "带回家";
    take_home_help: "Download your program with a loader and a Makefile, for your own machine", "下载你的程序，附加载程序和 Makefile，可在自己的机器上编译运行";
    reset_done: "The starter program is back.", "已恢复起始代码。";
    solution_done: "The solution is in the editor.", "参考答案已放入编辑器。";
    undo: "Undo", "撤销";
    draft_kept: "Your text is kept in this browser.", "你的代码保存在这个浏览器里。";
    draft_not_kept: "This browser keeps no text: a reload loses it.", "浏览器不允许本页保存代码，刷新后会丢失。";
    too_large: "The source is larger than the {n} KiB that the lab takes.", "源代码超过 {n} KiB，无法提交。";

    // What a run is doing.
    state: "State of the run", "运行状态";
    s_idle: "Not run yet", "尚未运行";
    s_connecting: "Connecting to the lab…", "正在连接实验台…";
    s_sent: "Handing the program over…", "正在提交程序…";
    s_watching: "Looking for your last run…", "正在查找你上一次的运行…";
    s_started: "Waiting for its turn…", "等待运行…";
    s_queued: "In the queue, at position {n}…", "排队中，当前第 {n} 位…";
    s_compiling: "Compiling…", "正在编译…";
    s_placing: "Starting a kernel…", "正在准备内核…";
    s_loading: "Loading: the verifier reads the program…", "正在加载，验证器正在检查程序…";
    s_attaching: "Attaching: {n} of {m}…", "正在附加：{n}/{m}…";
    s_observing: "Observing", "正在观察";
    s_stopping: "Stopping…", "正在停止…";
    o_completed: "Completed", "运行完成";
    o_compile_failed: "It did not compile", "编译失败";
    o_rejected: "The verifier refused the program", "验证器拒绝了该程序";
    o_attach_failed: "The program could not be attached", "程序附加失败";
    o_unmet: "The program cannot run here as it is", "程序在这里无法按原样运行";
    o_timed_out: "It took too long and was ended", "运行超时，已被终止";
    o_cancelled: "Stopped", "已停止";
    o_worker_died: "The worker died during the run", "worker 在运行中异常退出";
    o_lost: "The run was lost: the lab was restarted", "运行已丢失：实验台重启过";
    o_unavailable: "The lab could not do this run", "实验台未能完成这次运行";
    seed: "seed {n}", "随机种子 {n}";
    seconds: "{n} s", "{n} 秒";
    st_queued: "queue", "排队";
    st_prepare: "first use", "首次准备";
    st_compile: "compile", "编译";
    st_place: "kernel", "内核";
    st_load: "load", "加载";
    st_attach: "attach", "附加";
    st_observe: "observe", "观察";
    connection_lost: "Connection lost; trying again in {n} s.", "连接已断开，{n} 秒后重试。";
    connection_retry: "Connection lost; trying again…", "连接已断开，正在重试…";
    connection_now: "Try now", "立即重试";
    not_taken: "The connection broke before the lab took the program. Press Run again.", "实验台收到程序之前连接就断开了，请重新点击“运行”。";

    // Findings on the source.
    findings: "Findings", "诊断";
    severity_error: "error", "错误";
    severity_warning: "warning", "警告";
    severity_note: "note", "说明";
    origin_compiler: "compiler", "编译器";
    origin_verifier: "verifier", "验证器";
    origin_attach: "attach", "附加";
    origin_silent: "silent", "没有动静";
    fix_put: "Apply: {text}", "应用修改：{text}";
    fix_drop: "Apply: remove it", "应用修改：删除";
    fix_stale: "The line has changed since; please mend it by hand.", "这一行已有改动，请手动修改。";

    // Checks.
    checks_count: "{n} of {m} passed", "已通过 {n}/{m}";
    checks_all: "All passed", "全部通过";
    check_waiting: "not yet", "待检查";
    check_passed: "passed", "通过";
    check_failed: "not passed", "未通过";
    check_saw: "Seen:", "实际看到：";

    // Before the first run.
    trace_empty: "What your program prints with bpf_printk appears here, line by line.", "程序用 bpf_printk 打印的内容会逐行显示在这里。";
    results_failed: "A part of the page could not be loaded: reload it.", "显示运行结果的部分加载失败，请刷新页面。";

    // Choosing kernels.
    kernels_all: "All guests", "全部虚拟机";
    kernels_only: "only", "仅此";
    kernels_only_name: "Only {name}", "仅选 {name}";
    kernels_default: "default", "默认";
    kernels_several: "Several kernels run side by side.", "选择多个内核时，会并排运行。";
    k_off: "off", "不可用";
    k_no_image: "no image", "没有镜像";
    k_preparing: "being prepared; a run waits for it", "正在准备，运行会等待它就绪";
    kernels_soon: "being prepared", "准备中";
    kernels_ready: "{name} is ready.", "{name} 已就绪。";
    acc_none: "this machine", "本机";
    acc_kvm: "KVM", "KVM";
    acc_tcg: "software emulation", "软件模拟";
    run_on: "Run on {name}", "在 {name} 上运行";
    on_kernels: "on {names}", "{names}";
    before: "Set before it loads", "加载前设置";
    with_terminal: "with a terminal", "附带终端";
    with_terminal_help: "A shell in the guest. Such a run lasts at most 30 minutes.", "在虚拟机里打开一个 shell，与程序同时运行。这样的运行最长 30 分钟。";

    // The first use of a kernel.
    p_boot: "First use of this kernel: it is booting…", "首次使用该内核：正在启动…";
    p_ask: "First use of this kernel: asking what it can do…", "首次使用该内核：正在查询它支持的功能…";
    p_rehearse: "First use of this kernel: trying it with a small program…", "首次使用该内核：正在用一个小程序试运行…";
    p_headers: "First use of this kernel: making its headers…", "首次使用该内核：正在生成头文件…";
    p_snapshot: "First use of this kernel: keeping a snapshot of it…", "首次使用该内核：正在保存快照…";
    p_restore: "Restoring a guest from its snapshot…", "正在从快照恢复虚拟机…";

    [later]
    // Panels.
    panels: "What the run shows", "运行结果";
    trace: "Trace", "trace 输出";
    trace_nothing: "No line was printed.", "没有打印任何内容。";
    trace_no_match: "No line matches.", "没有匹配的行。";
    trace_filter: "Filter lines", "过滤";
    trace_pause: "Pause", "暂停";
    trace_resume: "Continue", "继续";
    trace_hide_lab: "Hide the lab's own lines", "隐藏实验台自身产生的行";
    trace_lines: "{n} lines", "共 {n} 行";
    trace_matching: "{k} of the last {n} match", "最近 {n} 行中匹配 {k} 行";
    trace_kept: "the last {n} are kept", "只保留最近 {n} 行";
    trace_new: "{n} new", "新增 {n} 行";
    trace_follow: "Follow", "跟随最新";
    lab_mark: "lab", "实验台";
    lost: "{n} lost", "丢失 {n}";
    col_time: "Time", "时间";
    col_task: "Task", "任务";
    col_cpu: "CPU", "CPU";
    col_text: "Text", "内容";
    records: "Records", "记录";
    records_empty: "Records that your program sends through a ring buffer or a perf buffer appear here.", "程序通过 ring buffer 或 perf buffer 送出的记录会显示在这里。";
    records_as: "Records of {name} are", "{name} 的记录类型";
    records_by_size: "the struct of their size", "按大小判断";
    flame: "Flame graph", "火焰图";
    flame_all: "all", "全部";
    flame_help: "The lowest box is all that was counted; each other one stands on its caller, as wide as its share. Press one to look into it, the lowest to see all again; arrow keys lead from box to box. Green is the kernel.", "最下面的方块是计到的全部，其余每块都站在调用者上面，宽度就是它的比例。点击一块可以放大它，点击最下面的恢复全部；方向键在方块间移动。绿色是内核。";
    flame_box: "{name}: {n}, {p} %", "{name}：{n}，{p} %";
    flame_by: "Counted by", "计数来源";
    flame_copy: "Copy folded", "复制折叠文本";
    flame_copied: "Copied, a line for each stack: other tools that draw flame graphs take it.", "已复制，每个栈一行，其他画火焰图的工具可以直接使用。";
    flame_not_copied: "The browser does not let the page copy. Here is the text:", "浏览器不允许页面复制。文本在这里：";
    flame_folded: "Folded stacks", "折叠后的栈";
    maps: "Maps", "Map";
    maps_empty: "The maps of your program appear here as live tables.", "程序的 map 会以实时表格的形式显示在这里。";
    maps_none: "The program has no maps.", "程序没有定义 map。";
    maps_libbpf: "Maps that libbpf keeps for itself", "libbpf 自用的 map";
    map_empty: "It holds no entries.", "目前没有条目。";
    map_records: "It carries records: they are in the records panel.", "它传送记录：请看“记录”面板。";
    map_sent: "It carries records to the program: send one below.", "它向程序传送记录：可在下方发送。";
    map_bloom: "A bloom filter cannot be listed: it only answers whether a value may have been put in.", "布隆过滤器无法列出内容：它只能回答某个值是否可能放进去过。";
    map_unlisted: "What a map of this type holds cannot be shown.", "这种 map 的内容无法显示。";
    map_next: "only the next element can be seen", "只能看到下一个元素";
    map_sum: "Sum", "总和";
    map_count: "entries: {n}", "{n} 个条目";
    map_part: "{k} of {n} entries are shown", "共 {n} 个条目，显示 {k} 个";
    map_limit: "at most {n}", "上限 {n}";
    map_key: "key", "键";
    map_value: "value", "值";
    map_delete: "Delete", "删除";
    map_clear: "Clear", "清空";
    map_send: "Send", "发送";
    record: "record", "记录";
    bars_log2: "{name}: how many in each range, powers of two", "{name}：按 2 的幂分段的计数";
    bars_linear: "{name}: how many of each", "{name}：每个值的计数";
    globals: "Globals", "全局变量";
    globals_empty: "Global variables of your program appear here; while it runs you can change them.", "程序的全局变量会显示在这里，运行期间可以修改。";
    globals_none: "The program has no global variables.", "程序没有全局变量。";
    col_name: "Name", "名称";
    col_type: "Type", "类型";
    col_value: "Value", "值";
    col_change: "Change", "修改";
    global_new: "New value of {name}", "{name} 的新值";
    global_set: "Set", "设置";
    global_wait: "Setting…", "正在设置…";
    global_done: "Set.", "已设置。";
    programs: "Programs", "程序";
    programs_empty: "The programs of your object appear here: where they are attached and how often they ran.", "目标文件中的各个程序会显示在这里：附加到哪里、运行了多少次。";
    col_program: "Program", "程序";
    col_attached: "Attached to", "附加到";
    col_runs: "Runs", "运行次数";
    col_each: "ns each", "平均耗时（ns）";
    col_missed: "Missed", "漏跑";
    col_verified: "Verifier", "验证器";
    verified: "{n} instructions looked at, {k} states", "检查了 {n} 条指令，{k} 个状态";
    try_title: "Run {name} by itself", "单独运行 {name}";
    try_packet: "Packet, in hexadecimal", "数据包（十六进制）";
    try_context: "Context, in hexadecimal", "上下文（十六进制）";
    try_repeat: "Times", "次数";
    try_run: "Run once", "运行一次";
    try_result: "It returned {what}; {n} ns each, {k} times.", "返回 {what}；每次 {n} ns，共 {k} 次。";
    try_protocol: "Protocol", "协议";
    try_from: "From", "来源";
    try_from_port: "Port from", "来源端口";
    try_to: "To", "目标";
    try_to_port: "Port to", "目标端口";
    try_payload: "Payload", "负载";
    try_build: "Fill in the packet", "填入数据包";
    try_no_address: "Write an IPv4 address such as 10.13.0.2.", "请填写 IPv4 地址，例如 10.13.0.2。";
    code_title: "Instructions of {name}", "{name} 的指令";
    code_forms: "Form", "形式";
    code_given: "As compiled", "编译结果";
    code_translated: "As the kernel keeps it", "内核改写后";
    code_machine: "Machine code", "机器码";
    code_given_note: "{count} BPF instructions ({bytes} bytes), as libbpf gave them to the kernel.", "共 {count} 条 BPF 指令（{bytes} 字节），由 libbpf 交给内核。";
    code_translated_note: "{count} BPF instructions ({bytes} bytes), as the verifier rewrote them: helpers are called directly, context fields became kernel fields, dead branches are gone.", "共 {count} 条 BPF 指令（{bytes} 字节），已由验证器改写：helper 变为直接调用，上下文字段换成内核结构的字段，不会执行的分支已删除。";
    code_machine_note: "{count} instructions of the processor ({bytes} bytes), made from those by the JIT compiler.", "共 {count} 条处理器指令（{bytes} 字节），由 JIT 编译器从改写后的指令生成。";
    code_own: "(no line of the source)", "（不对应任何源代码行）";
    code_late: "It can be shown while the program is loaded.", "程序加载期间才能显示。";
    preset_help: "A program attaches to what its section says, and else to what its kind usually wants; globals and maps begin as the source has them. Set something else here, and run again. @stimulus is the process ID of the command that makes things happen.", "程序会附加到 SEC 所写的位置；没有写明时，附加到该类型通常的目标。全局变量和 map 以源代码为准。想改动，在这里设置，然后重新运行。@stimulus 表示触发命令的进程号。";
    preset_lesson: "The lesson sets this, unless you do:", "课程已设置（你的设置优先）：";
    preset_others: "Values and sizes", "变量值与 map 大小";
    preset_global: "global variable: value", "全局变量：值";
    preset_entry: "map: entry", "map：条目";
    preset_key: "map[key]", "map[键]";
    preset_map: "map: number of entries", "map：条目数";
    preset_kind: "Attach it to", "附加到";
    preset_if: "network interface", "网络接口";
    preset_if_name: "Name of the interface", "接口名";
    preset_cgroup: "cgroup of the run", "本次运行的 cgroup";
    preset_function: "Function of the kernel", "内核函数";
    preset_event: "Category/name", "类别/名称";
    preset_raw: "Name of the tracepoint", "tracepoint 名称";
    preset_uprobe: "function of a program (uprobe)", "程序里的函数（uprobe）";
    preset_symbol: "Path:function", "路径:函数";
    preset_usdt: "marked place (USDT)", "标记点（USDT）";
    preset_mark: "Path:provider:name", "路径:provider:名称";
    preset_clock: "clock of each CPU", "每个 CPU 的时钟";
    preset_none: "nothing: leave it out", "不附加：不加载它";
    preset_hz: "Times a second", "每秒次数";
    preset_way: "Direction", "方向";
    preset_section: "as the section says", "按 SEC 所写";
    preset_remove: "Remove", "移除";
    preset_remove_name: "Remove {name}", "移除 {name}";
    not_attached: "not attached", "未附加";
    unknown: "unknown", "未知";
    emulated: "the emulator's time", "模拟器时间";
    instructions: "{n} instructions", "{n} 条指令";
    output: "Stimulus", "触发命令";
    output_empty: "What the stimulus prints appears here. The stimulus is the command that makes something happen.", "触发命令的输出会显示在这里。触发命令用来让内核里发生点什么。";
    log: "Log", "日志";
    log_empty: "What libbpf and the verifier say appears here.", "libbpf 和验证器的日志会显示在这里。";
    log_libbpf: "libbpf's log", "libbpf 日志";
    log_verifier: "The verifier's log", "验证器日志";

    // CO-RE.
    core: "CO-RE", "CO-RE";
    core_what: "Relocation", "重定位";
    core_local: "compiled", "编译时";
    core_target: "here", "此处";
    core_moved: "patched", "已修补";
    core_same: "unchanged", "未变";
    core_gone: "not there", "不存在";
    core_none: "libbpf had nothing to relocate in this program.", "该程序没有需要 libbpf 重定位的内容。";
    core_help: "What libbpf patched into the instructions when it loaded the object. Values are as the relocation's kind says: byte_off is an offset in bytes.", "libbpf 加载目标文件时写入指令的值。值的含义由重定位类型决定：byte_off 为字节偏移。";
    core_help_several: "A row for each relocation, a column for each kernel: the value that libbpf patched in there.", "每个重定位一行，每个内核一列：libbpf 在该内核上写入的值。";
    core_was: "compiled as {n}", "编译时为 {n}";

    // Several kernels.
    checks: "Checks", "检查项";
    side_by_side: "Side by side", "并排";
    which_kernels: "Kernels shown", "显示的内核";
    wide: "Hide the text", "隐藏正文";
    narrow: "Show the text", "显示正文";
    columns: "Kernels side by side", "各内核并排";
    differs: "differs", "不同";
    differences: "Differences", "差异";
    diff_none_yet: "No difference between the kernels so far", "目前各内核之间没有差异";
    diff_none: "No difference between the kernels", "各内核之间没有差异";
    diff_one: "1 difference: {what}", "1 处差异：{what}";
    diff_many: "{n} differences: {what}", "{n} 处差异：{what}";
    diff_outcome: "how it ended", "运行结果";
    diff_program: "{name}: attached to", "{name} 的附加位置";
    diff_instructions: "{name}: instructions", "{name} 的指令数";
    diff_check: "check: {says}", "检查项：{says}";
    diff_core: "CO-RE: {spec}, {kind}", "CO-RE：{spec}（{kind}）";
    diff_in_outcome: "how they ended", "运行结果";
    diff_in_place: "where they are attached", "附加位置";
    diff_in_checks: "checks", "检查项";
    diff_in_instructions: "instructions", "指令数";
    diff_in_core: "CO-RE", "CO-RE";
    list_comma: ", ", "、";
    times: "Time", "耗时";
    times_stage: "Stage", "阶段";
    not_loaded: "not loaded", "未加载";

    // A terminal in the guest.
    terminal: "Terminal", "终端";
    terminal_on: "Terminal on {name}", "{name} 上的终端";
    terminal_which: "Terminal of", "终端所在内核";
    terminal_help: "F6 leaves the terminal. A run with a terminal lasts at most {n} minutes; afterwards all in it is gone.", "按 F6 离开终端。带终端的运行最长 {n} 分钟，结束后其中的一切都会消失。";
    terminal_left: "{time} left", "剩余 {time}";
    terminal_soon: "The terminal closes in {n} min.", "终端将在 {n} 分钟后关闭。";
    terminal_closed: "The terminal is closed; all that was in it is gone.", "终端已关闭，其中的一切已消失。";
    terminal_away: "The connection is lost; what you type does not arrive.", "连接已断开，输入的内容无法送达。";
    terminal_hide: "Close the panel", "关闭面板";
    terminal_reader: "For screen readers", "读屏模式";
}
