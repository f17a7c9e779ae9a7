//! What templates may call filters and tests, for those that misspell one: the engine does not
//! tell what it knows. A name that is missing here is only not suggested.

use minijinja::{Environment, Error, ErrorKind};

use crate::diag::nearest;

const FILTERS: [&str; 67] = [
    "abs",
    "addslashes",
    "as_str",
    "base64_decode",
    "base64_encode",
    "batch",
    "capitalize",
    "concat",
    "date",
    "default",
    "escape",
    "escape_xml",
    "filesizeformat",
    "filter",
    "first",
    "float",
    "get",
    "group_by",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "json_encode",
    "last",
    "length",
    "linebreaksbr",
    "lines",
    "list",
    "lower",
    "map",
    "markdown",
    "max",
    "min",
    "nth",
    "num_format",
    "pluralize",
    "regex_replace",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "slugify",
    "sort",
    "spaceless",
    "split",
    "starting_with",
    "string",
    "striptags",
    "sum",
    "title",
    "trim",
    "trim_end",
    "trim_end_matches",
    "trim_start",
    "trim_start_matches",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "urlencode_strict",
    "wordcount",
];

const TESTS: [&str; 17] = [
    "containing",
    "defined",
    "divisibleby",
    "ending_with",
    "endingwith",
    "even",
    "in",
    "iterable",
    "mapping",
    "matching",
    "none",
    "number",
    "object",
    "odd",
    "starting_with",
    "string",
    "undefined",
];

/// The name that may have been meant, where `error` is about one that is unknown.
pub(super) fn near(error: &Error, environment: &Environment<'_>) -> Option<String> {
    let detail = error.detail()?.strip_suffix(" is unknown")?;
    let word = detail.rsplit(' ').next()?;
    let near = match error.kind() {
        ErrorKind::UnknownFilter => nearest(word, FILTERS)?,
        ErrorKind::UnknownTest => nearest(word, TESTS)?,
        ErrorKind::UnknownFunction => {
            let functions = environment
                .globals()
                .filter(|(_, value)| value.kind() == minijinja::value::ValueKind::Plain);
            let names: Vec<&str> = functions.map(|(name, _)| name).collect();
            return nearest(word, names).map(|near| format!("did you mean `{near}`?"));
        }
        _ => return None,
    };
    Some(format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;

    use super::{FILTERS, TESTS};

    #[test]
    fn all_names_are_known() {
        let mut environment = Environment::new();
        crate::tera::add(&mut environment);
        // These look at the site.
        let of_the_site = ["date", "markdown", "slugify"];
        let filters = FILTERS.iter().map(|name| (name, "filter"));
        let tests = TESTS.iter().map(|name| (name, "test"));
        for (name, kind) in filters
            .chain(tests)
            .filter(|(name, _)| !of_the_site.contains(name))
        {
            let known = environment.render_str(&format!("{{{{ '{name}' is {kind} }}}}"), ());
            assert_eq!(known.unwrap().to_lowercase(), "true", "{name}");
        }
    }
}
