// Texts that would do harm where a page or a terminal believed them.

/** What runs if a page takes text for HTML; each calls `window.harmed`. */
export const markup = [
  '<script>window.harmed=1</script>',
  '<img src=x onerror="window.harmed=1">',
  '"><svg onload=window.harmed=1>',
  "'-window.harmed=1-'",
  '{{window.harmed=1}}',
  '</title></textarea></style><script>window.harmed=1</script>',
  '[link](javascript:window.harmed=1) ![x](javascript:window.harmed=1)',
  '<a href="javascript:window.harmed=1">click</a>',
  '<iframe srcdoc="<script>parent.harmed=1</script>"></iframe>',
  '<!--<img src="--><img src=x onerror=window.harmed=1//">',
];

/** What breaks lines apart, turns them around or never ends. */
export const shapes = [
  'x'.repeat(3_000),
  '\u202Eright to left\u202C',
  'Z\u0353\u0324\u0354\u0331\u034B\u0354'.repeat(50),
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'.repeat(100),
  '|a|'.repeat(500),
  `${'> '.repeat(300)}deep`,
  '\u0007\u001b]0;title\u0007\u001b[2J\u001b[31m',
  'a\u00A0b\u2028c\u2029d',
];

/** Bytes that a terminal must not obey, for `printf`. */
export const escapes = [
  // OSC 52: the clipboard.
  String.raw`\033]52;c;aGFybWVk\007`,
  String.raw`\033]52;p;aGFybWVk\033\\`,
  // OSC 8: a link whose address is a script.
  String.raw`\033]8;;javascript:window.harmed=1\033\\click-here\033]8;;\033\\`,
  // The window's title, its size, its place.
  String.raw`\033]0;harmed\007\033[8;2;2t\033[3;0;0t`,
  // A report of the title as if it was typed.
  String.raw`\033[21t\033[c\033[6n`,
  // Endless and broken sequences.
  String.raw`\033[999999999C\033[999999999B\033[99999999999999999999m`,
  String.raw`\033P+q544e\033\\\033_harm\033\\\033^harm\033\\`,
];
