//! A shell line taken apart far enough to see which programs it runs and which words they get.
//!
//! Must not judge, run or expand anything. Not a shell: what it cannot take apart is reported as such, and then nobody may
//! take the line for harmless.

/// A program with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    /// Program and arguments, quotes removed, `$…` left as written.
    pub words: Vec<String>,
    /// Files that output goes to.
    pub outputs: Vec<String>,
    /// Files that input comes from.
    pub inputs: Vec<String>,
    /// Its input is the former program's output.
    pub piped: bool,
}

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 6;

/// Every program of a line, those in substitutions included; `None` if it cannot be taken apart.
pub(super) fn parse(text: &str) -> Option<Vec<Simple>> {
    let mut found = Vec::new();
    parse_into(text, 0, &mut found)?;
    Some(found)
}

fn parse_into(text: &str, depth: usize, found: &mut Vec<Simple>) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut lexer = Lexer { rest: text.chars().collect(), at: 0, nested: Vec::new() };
    let mut present = Simple::default();
    let mut heredocs: Vec<String> = Vec::new();
    let mut finish = |present: &mut Simple, piped: bool| {
        let done = std::mem::replace(present, Simple { piped, ..Simple::default() });
        if !done.words.is_empty() || !done.outputs.is_empty() || !done.inputs.is_empty() {
            found.push(done);
        }
    };
    while let Some(c) = lexer.peek() {
        match c {
            ' ' | '\t' => lexer.at += 1,
            '\\' if lexer.next_is('\n') => lexer.at += 2,
            '#' => lexer.skip_line(),
            '\n' => {
                lexer.at += 1;
                for end in heredocs.drain(..) {
                    lexer.skip_heredoc(&end)?;
                }
                finish(&mut present, false);
            }
            '|' => {
                lexer.at += if lexer.next_is('|') || lexer.next_is('&') { 2 } else { 1 };
                let or = lexer.rest[..lexer.at].ends_with(&['|', '|']);
                finish(&mut present, !or);
            }
            '&' if lexer.next_is('>') => {
                lexer.at += 2;
                lexer.skip('>');
                present.outputs.push(lexer.word()?);
            }
            ';' | '&' | '(' | ')' => {
                lexer.at += 1;
                finish(&mut present, false);
            }
            '<' | '>' => {
                lexer.at += 1;
                if lexer.peek() == Some('(') {
                    // A process in the place of a file: its line is one of its own.
                    finish(&mut present, false);
                } else if c == '<' && lexer.skip('<') {
                    if lexer.skip('<') {
                        lexer.word()?;
                    } else {
                        lexer.skip('-');
                        heredocs.push(lexer.word()?);
                    }
                } else {
                    lexer.skip(if c == '>' { '>' } else { '&' });
                    lexer.skip('|');
                    lexer.skip('&');
                    let target = lexer.word()?;
                    if c == '>' { present.outputs.push(target) } else { present.inputs.push(target) }
                }
            }
            _ => {
                let word = lexer.word()?;
                let descriptor = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
                let keyword = present.words.is_empty()
                    && matches!(
                        word.as_str(),
                        "{" | "}" | "!" | "if" | "then" | "else" | "elif" | "do" | "while" | "until"
                    );
                let number = descriptor && matches!(lexer.peek(), Some('<' | '>'));
                if !keyword && !number {
                    present.words.push(word);
                }
            }
        }
    }
    finish(&mut present, false);
    if !heredocs.is_empty() {
        return None;
    }
    for inner in lexer.nested {
        parse_into(&inner, depth + 1, found)?;
    }
    Some(())
}

struct Lexer {
    rest: Vec<char>,
    at: usize,
    nested: Vec<String>,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next_is(&self, c: char) -> bool {
        self.rest.get(self.at + 1) == Some(&c)
    }

    fn skip(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        self.at += usize::from(there);
        there
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.at += 1;
        }
    }

    fn skip_heredoc(&mut self, end: &str) -> Option<()> {
        loop {
            self.peek()?;
            let from = self.at;
            self.skip_line();
            let line: String = self.rest[from..self.at].iter().collect();
            self.at += 1;
            if line.trim() == end {
                return Some(());
            }
        }
    }

    /// A word without its quotes; blanks before it are skipped.
    fn word(&mut self) -> Option<String> {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        let mut word = String::new();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    self.at += 1;
                    word += &self.until('\'')?;
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    word.extend(self.rest.get(self.at + 1));
                    self.at += 2;
                }
                _ => self.plain(&mut word)?,
            }
        }
        Some(word)
    }

    /// One character, or a whole substitution.
    fn plain(&mut self, word: &mut String) -> Option<()> {
        let c = self.peek()?;
        self.at += 1;
        if c == '`' {
            let inner = self.until('`')?;
            self.nested.push(inner);
            word.push_str("$()");
        } else if c == '$' && self.peek() == Some('(') {
            self.at += 1;
            let inner = self.balanced()?;
            self.nested.push(inner);
            word.push_str("$()");
        } else {
            word.push(c);
        }
        Some(())
    }

    fn double_quoted(&mut self, word: &mut String) -> Option<()> {
        loop {
            match self.peek()? {
                '"' => {
                    self.at += 1;
                    return Some(());
                }
                '\\' => {
                    word.extend(self.rest.get(self.at + 1));
                    self.at += 2;
                }
                _ => self.plain(word)?,
            }
        }
    }

    fn until(&mut self, end: char) -> Option<String> {
        let length = self.rest.get(self.at..)?.iter().position(|c| *c == end)?;
        let text = self.rest[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    /// Up to the parenthesis that closes; quotes are respected.
    fn balanced(&mut self) -> Option<String> {
        let (from, mut depth) = (self.at, 1usize);
        loop {
            let c = self.peek()?;
            self.at += 1;
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                '\'' => drop(self.until('\'')?),
                '"' => self.double_quoted(&mut String::new())?,
                '\\' => self.at += 1,
                _ => {}
            }
            if depth == 0 {
                return Some(self.rest[from..self.at - 1].iter().collect());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        parse(text).unwrap().iter().map(|simple| simple.words.join("|")).collect()
    }

    #[test]
    fn lines_are_taken_apart() {
        assert_eq!(
            words("cd a && ls -l 'b c' | wc -l; A=1 make"),
            ["cd|a", "ls|-l|b c", "wc|-l", "A=1|make"]
        );
        assert_eq!(words("echo \"x $(cat 'y)' `id`)\" # no"), ["echo|x $()", "cat|y)|$()", "id"]);
        assert_eq!(words("if test -f x; then (sudo y); fi"), ["test|-f|x", "sudo|y", "fi"]);
        let parsed = parse("cat < in > out 2>&1 | tee -a b &> c").unwrap();
        assert_eq!((&parsed[0].inputs[0], &parsed[0].outputs[0]), (&"in".to_owned(), &"out".to_owned()));
        assert_eq!(parsed[0].words, ["cat"]);
        assert!(parsed[1].piped && parsed[1].outputs == ["c"]);
        assert!(!parse("a || b").unwrap()[1].piped);
    }

    #[test]
    fn texts_for_a_program_are_no_programs() {
        assert_eq!(words("cat > f <<'END'\nsudo rm -rf /\nEND\nls"), ["cat", "ls"]);
        assert_eq!(words("wc <<< 'sudo'"), ["wc"]);
    }

    #[test]
    fn what_is_not_closed_is_not_taken_apart() {
        for text in ["echo 'a", "echo \"a", "echo $(a", "cat <<END\nx", "echo `a"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[ a-z$()'\"`|&;<>\\\\\n#{}=/.~-]{0,60}") {
            let _ = parse(&text);
        }
    }
}
