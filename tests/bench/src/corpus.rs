//! Invented blog posts: as many as asked for, every one different, the same for the same seed.

use std::fmt::Write as _;

/// One invented post, in no site generator's dialect yet.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// Unique; names the file and the URL.
    pub(crate) slug: String,
    /// A few words.
    pub(crate) title: String,
    /// `YYYY-MM-DD`.
    pub(crate) date: String,
    /// One to three of [`TAGS`].
    pub(crate) tags: Vec<&'static str>,
    /// The body, in order.
    pub(crate) blocks: Vec<Block>,
}

/// A piece of a post's body.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// A second-level heading.
    Heading(String),
    /// Markdown text without links.
    Paragraph(String),
    /// Markdown list items.
    List(Vec<String>),
    /// A fenced code block: its language and its lines.
    Code(&'static str, String),
    /// A sentence that links to another post: its text and that post's number.
    Link(String, usize),
}

/// The tags that posts draw from.
pub(crate) const TAGS: [&str; 24] = [
    "rust",
    "music",
    "travel",
    "cooking",
    "photography",
    "gardens",
    "history",
    "maps",
    "books",
    "cycling",
    "winter",
    "radio",
    "letters",
    "sailing",
    "bread",
    "trains",
    "cities",
    "film",
    "chess",
    "birds",
    "paper",
    "weather",
    "clocks",
    "bridges",
];

const WORDS: [&str; 96] = [
    "the",
    "a",
    "of",
    "and",
    "to",
    "in",
    "that",
    "was",
    "with",
    "for",
    "on",
    "as",
    "by",
    "from",
    "river",
    "window",
    "morning",
    "letter",
    "garden",
    "engine",
    "harbour",
    "station",
    "mountain",
    "paper",
    "winter",
    "signal",
    "bridge",
    "kitchen",
    "orchard",
    "market",
    "teacher",
    "captain",
    "silence",
    "evening",
    "journey",
    "shadow",
    "island",
    "village",
    "lantern",
    "compass",
    "meadow",
    "thunder",
    "pattern",
    "machine",
    "library",
    "theatre",
    "painter",
    "answer",
    "question",
    "carried",
    "opened",
    "followed",
    "remembered",
    "crossed",
    "measured",
    "repaired",
    "listened",
    "wandered",
    "gathered",
    "promised",
    "turned",
    "waited",
    "wrote",
    "found",
    "kept",
    "built",
    "slowly",
    "quietly",
    "often",
    "never",
    "again",
    "almost",
    "together",
    "beyond",
    "under",
    "bright",
    "narrow",
    "distant",
    "patient",
    "careful",
    "ordinary",
    "curious",
    "golden",
    "heavy",
    "seven",
    "twelve",
    "hundred",
    "first",
    "last",
    "other",
    "several",
    "every",
    "small",
    "old",
    "new",
    "quiet",
];

/// Makes `count` posts; the same `seed` gives the same posts.
#[must_use]
pub(crate) fn posts(count: usize, seed: u64) -> Vec<Post> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|number| post(number, count, &mut dice))
        .collect()
}

fn post(number: usize, count: usize, dice: &mut Dice) -> Post {
    let title = capitalised(&dice.words(4));
    let mut tags = vec![*dice.pick(&TAGS)];
    for _ in 0..dice.below(3) {
        let tag = *dice.pick(&TAGS);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Post {
        slug: format!("post-{number:06}-{}", dice.words(2).replace(' ', "-")),
        title,
        date: format!(
            "{}-{:02}-{:02}",
            2014 + number % 12,
            1 + dice.below(12),
            1 + dice.below(28)
        ),
        tags,
        blocks: body(count, dice),
    }
}

fn body(count: usize, dice: &mut Dice) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(dice.paragraph(70))];
    for section in 0..3 {
        blocks.push(Block::Heading(capitalised(&dice.words(3))));
        blocks.push(Block::Paragraph(dice.paragraph(60)));
        if section < 2 {
            let (language, code) = code(dice);
            blocks.push(Block::Code(language, code));
        }
        blocks.push(Block::Link(dice.words(3), dice.below(count)));
    }
    blocks.push(Block::List((0..4).map(|_| dice.words(9)).collect()));
    blocks.push(Block::Paragraph(dice.paragraph(70)));
    blocks
}

fn code(dice: &mut Dice) -> (&'static str, String) {
    let languages = ["rust", "python", "javascript", "go", "c", "bash"];
    let language = *dice.pick(&languages);
    let mut text = String::new();
    for _ in 0..3 {
        let (name, other) = (dice.identifier(), dice.identifier());
        let number = dice.below(1000);
        let _ = match language {
            "rust" => writeln!(
                text,
                "/// Counts what {name} holds.\npub fn {name}({other}: &str) -> Option<usize> {{\n    let found = {other}.split(',').filter(|part| part.len() > {number}).count();\n    (found > 0).then_some(found)\n}}\n"
            ),
            "python" => writeln!(
                text,
                "def {name}({other}, limit={number}):\n    \"\"\"Yield what is below the limit.\"\"\"\n    for item in sorted({other}):\n        if item < limit:  # strictly\n            yield item * 2\n"
            ),
            "javascript" => writeln!(
                text,
                "export async function {name}({other}) {{\n  const answer = await fetch(`/api/${{{other}}}?n={number}`);\n  if (!answer.ok) throw new Error('status ' + answer.status);\n  return answer.json();\n}}\n"
            ),
            "go" => writeln!(
                text,
                "// {name} doubles what it is given.\nfunc {name}({other} []int) (int, error) {{\n\tsum := {number}\n\tfor _, v := range {other} {{\n\t\tsum += v * 2\n\t}}\n\treturn sum, nil\n}}\n"
            ),
            "c" => writeln!(
                text,
                "static int {name}(const char *{other}, size_t len)\n{{\n    int sum = {number};\n    for (size_t i = 0; i < len; i++)\n        sum += {other}[i] ^ 0x1f; /* mix */\n    return sum;\n}}\n"
            ),
            _ => writeln!(
                text,
                "{name}() {{\n  local {other}=\"${{1:-{number}}}\"\n  for file in *.txt; do\n    echo \"$file: ${other}\" | sed 's/a/b/'\n  done\n}}\n"
            ),
        };
    }
    (language, text)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// `SplitMix64`: small, seeded, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit.max(1) as u64).unwrap_or_default()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| *self.pick(&WORDS)).collect();
        words.join(" ")
    }

    fn identifier(&mut self) -> String {
        self.words(2).replace(' ', "_")
    }

    fn paragraph(&mut self, words: usize) -> String {
        let mut text = String::new();
        let mut left = words;
        while left > 0 {
            let length = (6 + self.below(9)).min(left);
            let sentence = capitalised(&self.words(length));
            let _ = match self.below(6) {
                0 => write!(text, "{sentence}, *{}*. ", self.words(2)),
                1 => write!(text, "{sentence}, **{}**. ", self.words(1)),
                2 => write!(text, "{sentence} (`{}`). ", self.identifier()),
                _ => write!(text, "{sentence}. "),
            };
            left -= length;
        }
        text.trim_end().to_owned()
    }
}
