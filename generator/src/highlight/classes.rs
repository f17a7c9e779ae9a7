//! The class of each scope. Scopes are the names that grammars give to pieces of code
//! (<https://www.sublimetext.com/docs/scope_naming.html>).

use std::sync::LazyLock;

use syntect::parsing::Scope;

/// Scopes with the classes of the code in them. An empty class means no class, whatever scopes are
/// around.
///
/// The longest matching scope decides.
const CLASSES: [(&str, &str); 75] = [
    ("comment", "c"),
    ("constant", "no"),
    ("constant.character", "sc"),
    ("constant.character.escape", "se"),
    ("constant.language", "kc"),
    ("constant.numeric", "m"),
    ("constant.other.placeholder", "si"),
    ("constant.other.color", "m"),
    ("entity.name", "n"),
    ("entity.name.class", "nc"),
    ("entity.name.constant", "no"),
    ("entity.name.enum", "nc"),
    ("entity.name.function", "nf"),
    ("entity.name.impl", "nc"),
    ("entity.name.interface", "nc"),
    ("entity.name.label", "nl"),
    ("entity.name.macro", "nf"),
    ("entity.name.module", "nn"),
    ("entity.name.namespace", "nn"),
    ("entity.name.section", "gh"),
    ("entity.name.struct", "nc"),
    ("entity.name.tag", "nt"),
    ("entity.name.trait", "nc"),
    ("entity.name.type", "nc"),
    ("entity.name.union", "nc"),
    ("entity.other.attribute-name", "na"),
    ("entity.other.inherited-class", "nc"),
    ("invalid", "err"),
    ("keyword", "k"),
    ("keyword.control.import", "kn"),
    ("keyword.declaration", "kd"),
    ("keyword.operator", "o"),
    ("keyword.operator.logical.python", "k"),
    ("keyword.operator.word", "k"),
    ("keyword.other.unit", "m"),
    ("markup.bold", "gs"),
    ("markup.deleted", "gd"),
    ("markup.heading", "gh"),
    ("markup.inserted", "gi"),
    ("markup.italic", "ge"),
    ("markup.raw", "s"),
    ("markup.underline.link", "na"),
    ("meta.annotation", "nd"),
    ("meta.diff.header", "gu"),
    ("meta.diff.range", "gu"),
    ("meta.interpolation", ""),
    ("meta.preprocessor", "cp"),
    ("meta.template.expression", ""),
    ("punctuation.accessor", "p"),
    ("punctuation.bracket", "p"),
    ("punctuation.section", "p"),
    ("punctuation.separator", "p"),
    ("punctuation.terminator", "p"),
    ("source", ""),
    ("storage", "kd"),
    ("storage.type.numeric", "m"),
    ("storage.type.string", "s"),
    ("string", "s"),
    ("string.regexp", "sr"),
    ("string.unquoted", "s"),
    ("string.unquoted.argument", ""),
    ("support", "nb"),
    ("support.class", "nc"),
    ("support.constant", "no"),
    ("support.function", "nb"),
    ("support.macro", "nf"),
    ("support.type", "kt"),
    ("support.type.property-name", "na"),
    ("text", ""),
    ("variable.annotation", "nd"),
    ("variable.function", "nf"),
    ("variable.language", "bp"),
    ("variable.other.constant", "no"),
    ("variable.parameter", "nv"),
    ("variable.other.readwrite.shell", "nv"),
];

/// [`CLASSES`], the longest scopes first.
static SCOPES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    let mut scopes: Vec<_> = CLASSES
        .iter()
        .filter_map(|(name, class)| Some((Scope::new(name).ok()?, *class)))
        .collect();
    scopes.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
    scopes
});

/// The class of code in `scope`; `None` if the scopes around it decide.
pub(super) fn class_of(scope: Scope) -> Option<&'static str> {
    SCOPES
        .iter()
        .find(|(known, _)| known.is_prefix_of(scope))
        .map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use syntect::parsing::Scope;

    use super::{CLASSES, SCOPES, class_of};

    #[test]
    fn the_longest_scope_decides() {
        for (scope, class) in [
            ("comment.line.rust", Some("c")),
            ("keyword.operator.rust", Some("o")),
            ("keyword.control.rust", Some("k")),
            ("punctuation.definition.string.begin.rust", None),
            ("source.rust", Some("")),
        ] {
            assert_eq!(class_of(Scope::new(scope).unwrap()), class, "{scope}");
        }
        assert_eq!(SCOPES.len(), CLASSES.len());
    }
}
