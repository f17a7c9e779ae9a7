//! Reads facts from a finished HTML file: what it refers to, its anchors, and its inline scripts
//! and styles.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, Error, ForwardingEmitter, Span, Tokenizer};
use sha2::{Digest as _, Sha256};

/// The facts about one HTML file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Everything it refers to, in order.
    pub references: Vec<Reference>,
    /// Its anchors: the values of `id`, and of `name` on links, sorted.
    pub ids: Vec<String>,
    /// The Content-Security-Policy sources that allow its inline scripts and styles.
    pub inline: Vec<(Inline, String)>,
    /// The byte offset at which a `<meta>` can be inserted: in the head, behind the `charset`, and
    /// before anything that loads a file.
    pub head: Option<usize>,
}

/// A reference to another resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The URL as it is written, with character references resolved.
    pub url: String,
    /// What the reference is for.
    pub role: Role,
}

/// What a reference is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A link for the visitor.
    Link,
    /// A script.
    Script,
    /// A style sheet.
    Style,
    /// A picture.
    Image,
    /// A typeface.
    Font,
    /// Sound, a film or its tracks.
    Media,
    /// A page inside the page.
    Frame,
    /// A plug-in's content.
    Object,
    /// A web app manifest.
    Manifest,
    /// The target of a form.
    Form,
    /// A resource to fetch early, whose role is unknown.
    Fetch,
}

/// The kinds of inline scripts and styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inline {
    /// `<script>`.
    Script,
    /// `onclick=…` and its like.
    Handler,
    /// `<style>`.
    Style,
    /// `style=…`.
    StyleAttribute,
}

/// Reads one file.
pub(super) fn read(html: &[u8]) -> Facts {
    let mut reader = Reader::default();
    let mut emitter = CallbackEmitter::new(&mut reader);
    emitter.naively_switch_states(true);
    // Reading from memory cannot fail.
    let _ = Tokenizer::new_with_emitter(html, Needed(emitter)).finish();
    let mut facts = reader.facts;
    facts.ids.sort_unstable();
    facts.ids.dedup();
    facts.head = reader.charset_end.or(reader.head_end);
    facts
}

#[derive(Default)]
struct Reader {
    facts: Facts,
    /// The name of the start tag that is being read, and its attributes so far.
    tag: Vec<u8>,
    attributes: Vec<(String, String)>,
    /// The element whose text is being read, and that text so far.
    inside: Option<Inline>,
    text: Vec<u8>,
    /// Where the start tag of the head ends, and that of the `<meta charset>`.
    head_end: Option<usize>,
    charset_end: Option<usize>,
    /// Whether anything so far makes a browser load a file or run a style.
    loads: bool,
}

/// Hands on what the reader needs: no mistakes in the HTML, and no text but that of scripts and
/// styles.
struct Needed<'r>(CallbackEmitter<&'r mut Reader, Infallible, usize>);

impl ForwardingEmitter for Needed<'_> {
    type Token = Infallible;

    #[inline]
    fn inner(&mut self) -> &mut impl Emitter<Token = Infallible> {
        &mut self.0
    }

    #[inline]
    fn should_emit_errors(&mut self) -> bool {
        false
    }

    #[inline]
    fn emit_error(&mut self, _: Error) {}

    #[inline]
    fn emit_string(&mut self, text: &[u8]) {
        if self.0.callback_mut().inside.is_some() {
            self.0.emit_string(text);
        }
    }
}

impl Callback<Infallible, usize> for &mut Reader {
    fn handle_event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag.clear();
                self.tag.extend_from_slice(name);
                self.attributes.clear();
            }
            CallbackEvent::AttributeName { name } => {
                let name = String::from_utf8_lossy(name).into_owned();
                self.attributes.push((name, String::new()));
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some((_, last)) = self.attributes.last_mut() {
                    last.push_str(&String::from_utf8_lossy(value));
                }
            }
            CallbackEvent::CloseStartTag { .. } => self.start_tag(span.end),
            CallbackEvent::String { value } => self.text.extend_from_slice(value),
            CallbackEvent::EndTag {
                name: b"script" | b"style",
            } => self.end_inline(),
            _ => {}
        }
        None
    }
}

impl Reader {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    fn start_tag(&mut self, end: usize) {
        let tag = std::mem::take(&mut self.tag);
        self.anchors(&tag);
        self.inline_attributes();
        match tag.as_slice() {
            b"head" => self.head_end = Some(end),
            b"meta" if self.attribute("charset").is_some() && !self.loads => {
                self.charset_end = Some(end);
            }
            b"meta" => self.meta(),
            b"script" => self.script(),
            b"style" => {
                self.loads = true;
                self.inside = Some(Inline::Style);
            }
            b"link" => self.link(),
            b"a" | b"area" => self.refer("href", Role::Link),
            b"img" => {
                self.refer("src", Role::Image);
                self.refer_set("srcset");
            }
            b"source" => {
                self.refer("src", Role::Media);
                self.refer_set("srcset");
            }
            b"video" => {
                self.refer("src", Role::Media);
                self.refer("poster", Role::Image);
            }
            b"audio" | b"track" => self.refer("src", Role::Media),
            b"input" => self.refer("src", Role::Image),
            b"iframe" => self.refer("src", Role::Frame),
            b"embed" => self.refer("src", Role::Object),
            b"object" => self.refer("data", Role::Object),
            b"form" => self.refer("action", Role::Form),
            b"use" | b"image" => {
                self.refer("href", Role::Image);
                self.refer("xlink:href", Role::Image);
            }
            _ => {}
        }
        self.tag = tag;
    }

    fn anchors(&mut self, tag: &[u8]) {
        let id = self.attribute("id").map(str::to_owned);
        let name = (tag == b"a").then(|| self.attribute("name")).flatten();
        let name = name.map(str::to_owned);
        self.facts.ids.extend(id.into_iter().chain(name));
    }

    fn inline_attributes(&mut self) {
        for (name, value) in &self.attributes {
            let inline = match name.as_str() {
                "style" => Inline::StyleAttribute,
                name if name.starts_with("on") && !value.is_empty() => Inline::Handler,
                _ => continue,
            };
            self.facts.inline.push((inline, source(value.as_bytes())));
        }
    }

    fn refer(&mut self, attribute: &str, role: Role) {
        if let Some(url) = self.attribute(attribute) {
            let url = url.trim_ascii().to_owned();
            self.facts.references.push(Reference { url, role });
        }
    }

    /// Adds each candidate of a `srcset` (HTML, "Srcset attributes").
    fn refer_set(&mut self, attribute: &str) {
        let mut urls = Vec::new();
        let mut rest = self.attribute(attribute).unwrap_or("");
        loop {
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
            if rest.is_empty() {
                break;
            }
            let end = rest
                .find(|c: char| c.is_ascii_whitespace())
                .unwrap_or(rest.len());
            let (url, behind) = rest.split_at(end);
            // A URL that ends with a comma is not followed by a descriptor.
            rest = match url.ends_with(',') {
                true => behind,
                false => behind.split_once(',').map_or("", |(_, next)| next),
            };
            urls.push(url.trim_end_matches(',').to_owned());
        }
        let role = Role::Image;
        let found = urls.into_iter().map(|url| Reference { url, role });
        self.facts.references.extend(found);
    }

    fn meta(&mut self) {
        let property = self.attribute("property").or(self.attribute("name"));
        let is_image = matches!(property, Some("og:image" | "twitter:image"));
        let is_link = matches!(property, Some("og:url"));
        if is_image || is_link {
            self.refer("content", Role::Link);
        }
    }

    /// Each keyword of `rel` has its own effect (HTML, "Link types"), in any order: with
    /// `stylesheet` among them, a style sheet is loaded.
    fn link(&mut self) {
        let rel = self.attribute("rel").unwrap_or("").to_ascii_lowercase();
        let keywords = rel.split_ascii_whitespace();
        let mut roles: Vec<Role> = keywords.filter_map(|one| self.loaded_as(one)).collect();
        roles.sort_unstable();
        roles.dedup();
        self.loads |= !roles.is_empty();
        for role in &roles {
            self.refer("href", *role);
        }
        if roles.contains(&Role::Image) {
            self.refer_set("imagesrcset");
        }
        // For these keywords only a connection is made, so no page needs to exist.
        let mut keywords = rel.split_ascii_whitespace();
        if roles.is_empty() && !keywords.any(|one| matches!(one, "preconnect" | "dns-prefetch")) {
            self.refer("href", Role::Link);
        }
    }

    /// What a `<link>` of this keyword loads, if it loads anything.
    fn loaded_as(&self, keyword: &str) -> Option<Role> {
        Some(match keyword {
            "stylesheet" => Role::Style,
            "modulepreload" => Role::Script,
            "icon" | "apple-touch-icon" | "mask-icon" => Role::Image,
            "manifest" => Role::Manifest,
            "preload" => match self.attribute("as") {
                Some("script" | "worker") => Role::Script,
                Some("style") => Role::Style,
                Some("font") => Role::Font,
                Some("image") => Role::Image,
                Some("audio" | "video" | "track") => Role::Media,
                _ => Role::Fetch,
            },
            _ => return None,
        })
    }

    fn script(&mut self) {
        self.loads = true;
        if self.attribute("src").is_some() {
            self.refer("src", Role::Script);
            return;
        }
        let kind = self.attribute("type").unwrap_or("");
        self.inside = is_policed(kind).then_some(Inline::Script);
    }

    fn end_inline(&mut self) {
        if let Some(inside) = self.inside.take() {
            let source = source(&self.text);
            self.facts.inline.push((inside, source));
        }
        self.text.clear();
    }
}

/// Whether a policy must allow an inline script of this `type` (HTML, "prepare the script element").
/// Any other type is data.
fn is_policed(kind: &str) -> bool {
    let kind = kind.trim_ascii().to_ascii_lowercase();
    let language = kind
        .strip_prefix("text/")
        .or_else(|| kind.strip_prefix("application/"));
    matches!(
        kind.as_str(),
        "" | "module" | "importmap" | "speculationrules"
    ) || language.is_some_and(is_javascript)
}

/// Whether `subtype` is one of JavaScript's (MIME Sniffing, 4.6, "JavaScript MIME type").
fn is_javascript(subtype: &str) -> bool {
    let plain = subtype.strip_prefix("x-").unwrap_or(subtype);
    let version = plain.strip_prefix("javascript1.");
    matches!(
        plain,
        "javascript" | "ecmascript" | "jscript" | "livescript"
    ) || version.is_some_and(|minor| matches!(minor, "0" | "1" | "2" | "3" | "4" | "5"))
}

/// The policy source that allows exactly `text` (CSP 3, 2.3.1, "hash-source").
fn source(text: &[u8]) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests;
