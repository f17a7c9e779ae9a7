//! The filters, tests and functions of Tera (keats.github.io/tera), under its names and with its
//! keyword arguments, for templates that were written for it.
//!
//! Where Jinja has a filter of the same name, Jinja's positional arguments work too. Nothing here
//! depends on a site, so that every kind of template can use it.

mod list;
mod number;
mod test;
mod text;
mod walk;

use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

pub use self::text::written;
pub use self::walk::{nowhere, present, walkable};

/// Registers all filters, tests and functions of this module.
pub fn add(environment: &mut Environment<'static>) {
    text::add(environment);
    list::add(environment);
    number::add(environment);
    test::add(environment);
    environment.add_filter("default", default);
    environment.add_filter("json_encode", json_encode);
    environment.add_filter("as_str", shown);
    environment.add_filter("get", get);
    environment.add_function("throw", throw);
    environment.add_function("range", number::range);
}

/// An error for a call whose arguments make no sense.
fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The longest text that a filter makes of a short one, in bytes.
const LONGEST: usize = 64 * 1024 * 1024;

/// # Errors
/// Where a filter is about to make a text of more than [`LONGEST`] bytes.
fn short_enough(length: usize) -> Result<(), Error> {
    if length > LONGEST {
        let longest = LONGEST / 1024 / 1024;
        return Err(refused(format!("the text is longer than {longest} MiB")));
    }
    Ok(())
}

/// `default(value)` or `default(value=…)`: a replacement for undefined and none; with
/// `boolean=true` also for every other value that counts as false.
fn default(value: &Value, args: Rest<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let other: Option<Value> = kwargs.get("value")?;
    let lax: Option<bool> = kwargs.get("boolean")?;
    kwargs.assert_all_used()?;
    let lax = lax.unwrap_or_else(|| args.get(1).is_some_and(Value::is_true));
    if walk::is_absent(value) || (lax && !value.is_true()) {
        let other = other.or_else(|| args.first().cloned());
        return Ok(other.unwrap_or_else(|| Value::from("")));
    }
    Ok(value.clone())
}

/// How many bytes of JSON cost a step of the template engine, as with its own `tojson`.
const JSON_FOR_A_STEP: usize = 4;

/// `json_encode(pretty=false)`.
fn json_encode(state: &State<'_, '_>, value: &Value, kwargs: Kwargs) -> Result<String, Error> {
    let pretty: Option<bool> = kwargs.get("pretty")?;
    kwargs.assert_all_used()?;
    let json = if pretty == Some(true) {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    let json = json.map_err(|error| refused(error.to_string()))?;
    state.consume_fuel((json.len() / JSON_FOR_A_STEP) as u64)?;
    Ok(json)
}

/// `get(key="…", default=…)`: looks up any key, also one that cannot be written behind a dot.
fn get(value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let key: Value = kwargs.get("key")?;
    let default: Option<Value> = kwargs.get("default")?;
    kwargs.assert_all_used()?;
    let found = value.get_item(&key)?;
    match default {
        Some(default) if walk::is_absent(&found) => Ok(default),
        None if walk::is_absent(&found) => Err(refused(format!("there is no key `{key}`"))),
        _ => Ok(found),
    }
}

/// `throw(message="…")`.
fn throw(kwargs: Kwargs) -> Result<Value, Error> {
    let message: &str = kwargs.get("message")?;
    kwargs.assert_all_used()?;
    Err(refused(message))
}

/// `value` as Tera and JSON write it: booleans in small letters, whole numbers whole.
fn shown(value: &Value) -> String {
    match value.kind() {
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number => number(value),
        _ => value.to_string(),
    }
}

/// A number as Tera writes it: `4`, also where it was computed as `4.0`.
#[must_use]
pub fn number(value: &Value) -> String {
    let text = value.to_string();
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// The value at the dotted `path` below `value`; undefined if there is none.
fn at_path(value: &Value, path: &str) -> Value {
    let mut found = value.clone();
    for part in path.split('.') {
        let next = match part.parse::<usize>() {
            Ok(index) if found.kind() != ValueKind::Map => found.get_item(&Value::from(index)),
            _ => found.get_attr(part),
        };
        match next {
            Ok(next) if walk::is_defined(&next) => found = next,
            _ => return Value::UNDEFINED,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use minijinja::{Environment, UndefinedBehavior, context};

    fn render(template: &str) -> Result<String, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        super::add(&mut environment);
        let people = context! { people => [
            context! { name => context! { last => "B" }, age => 30, on => true },
            context! { name => context! { last => "a" }, age => 20, on => false },
            context! { name => context! { last => "B" }, age => 30, on => () },
        ] };
        let rendered = environment.render_str(template, people);
        rendered.map_err(|error| error.to_string())
    }

    fn check(template: &str, expected: &str) {
        assert_eq!(render(template).as_deref(), Ok(expected), "{template}");
    }

    #[test]
    fn lists() {
        check(
            "{{ [1,2,3,4] | slice(start=1, end=-1) | join(sep='+') }}",
            "2+3",
        );
        check("{{ [1,2,3,4] | slice(end=2) | join('+') }}", "1+2");
        check("{{ [1,2,3] | nth(n=1) }}|{{ [] | nth(n=0) }}", "2|");
        check(
            "{{ [1] | concat(with=[2]) | concat(with=3) | join(sep='') }}",
            "123",
        );
        check(
            "{{ people | filter(attribute='age', value=30) | length }}",
            "2",
        );
        check("{{ people | filter(attribute='on') | length }}", "2");
        check(
            "{{ people | map(attribute='name.last') | join(sep=',') }}",
            "B,a,B",
        );
        check(
            "{{ people | sort(attribute='age') | map(attribute='age') | first }}",
            "20",
        );
        check("{{ people | unique(attribute='name.last') | length }}", "2");
        check("{{ [3,1,2] | sort | reverse | join(sep='') }}", "321");
    }

    #[test]
    fn groups_can_be_walked_through_and_looked_into() {
        check(
            "{% for age, of in people | group_by(attribute='age') %}{{ age }}:{{ of | length }} {% endfor %}",
            "30:2 20:1 ",
        );
        check(
            "{% set by = people | group_by(attribute='on') %}{{ by['true'] | length }}{{ by | length }}",
            "12",
        );
        check(
            "{% set by = people | group_by(attribute='age') %}{{ by[20][0].age }}",
            "20",
        );
    }

    #[test]
    fn what_is_not_there_may_be_walked_into_but_not_shown() {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(|out, state, value| {
            super::present(value)?;
            minijinja::escape_formatter(out, state, value)
        });
        super::add(&mut environment);
        let extra = context! { a => context! { b => 1 }, list => [1] };
        let shown = |template: &str| {
            let known = context! { extra => super::walkable(extra.clone(), "extra") };
            environment.render_str(template, known)
        };
        for (template, expected) in [
            ("{% if extra.x.y.z %}1{% endif %}", ""),
            (
                "{% if extra.a.x.y is defined %}1{% endif %}{{ extra.a.x is undefined }}",
                "True",
            ),
            ("{{ extra.x.y | default(value=2) }}{{ extra.a.b }}", "21"),
            (
                "{{ 'x' in extra }}{{ 'a' in extra }}{{ extra.x == 1 }}",
                "FalseTrueFalse",
            ),
            (
                "{% for k in extra %}{{ k }}{% endfor %}{{ extra.list[0] }}",
                "alist1",
            ),
            ("{{ extra.x or 3 }}{{ extra | length }}", "32"),
        ] {
            assert_eq!(shown(template).unwrap(), expected, "{template}");
        }
        for template in ["{{ extra.x.y }}", "{% for a in extra.x.y %}{% endfor %}"] {
            assert!(shown(template).is_err(), "{template}");
        }
        assert!(
            shown("{{ extra.x.y }}")
                .unwrap_err()
                .to_string()
                .contains("`extra.x.y` is undefined")
        );
    }

    #[test]
    fn texts() {
        check(
            "{{ 'a-b' | replace(from='-', to='+') }}{{ 'a-b' | replace('-', '') }}",
            "a+bab",
        );
        check(
            "{{ 'a/b' | split(pat='/') | length }}{{ 'a b' | split | length }}",
            "22",
        );
        check("{{ ' a ' | trim_start }}|{{ ' a ' | trim_end }}|", "a | a|");
        check(
            "{{ '//a//' | trim_start_matches(pat='//') }}{{ '//a//' | trim_end_matches(pat='/') }}",
            "a////a",
        );
        check("{{ 'a\r\nb\n' | linebreaksbr }}", "a<br>b<br>");
        check("{{ '<p>\n <a> </a>\n</p>' | spaceless }}", "<p><a></a></p>");
        check(
            "{{ 'a\nb' | indent(prefix='> ') }}|{{ 'a\nb' | indent(prefix='-', first=true) }}",
            "a\n> b|-a\n-b",
        );
        check("{{ \"I'm\" | addslashes }}", "I\\'m");
        check(
            "{{ '/é?' | urlencode_strict }}{{ '/?' | urlencode }}",
            "%2F%C3%A9%3F/%3F",
        );
        check("{{ '<&\\'' | escape_xml }}", "&lt;&amp;&apos;");
        check(
            "{{ 'é' | base64_encode }}{{ 'w6k=' | base64_decode }}",
            "w6k=é",
        );
        check(
            "{{ 'W H' | regex_replace(pattern='(?P<a>\\\\w) (?P<b>\\\\w)', rep='$b$a') }}",
            "HW",
        );
        check(
            "{{ 'abcd' | truncate(length=2) }}{{ 'ab' | truncate(length=2, end='') }}",
            "ab…ab",
        );
        check(
            "{{ '<b>a</b> c' | striptags }}{{ 'a b' | wordcount }}",
            "a c2",
        );
    }

    #[test]
    fn numbers() {
        check(
            "{{ 1 | pluralize }}{{ 2 | pluralize }}{{ 0 | pluralize(singular='y', plural='ies') }}",
            "sies",
        );
        check(
            "{{ 2.14 | round(precision=1) }} {{ 2.1 | round(method='ceil') }}",
            "2.1 3.0",
        );
        check(
            "{{ 1234567 | num_format }} {{ 12 | num_format }}",
            "1,234,567 12",
        );
        check(
            "{{ 999 | filesizeformat }} {{ 2000000 | filesizeformat }}",
            "999 B 2 MB",
        );
        check(
            "{{ range(end=3) | join(sep='') }}{{ range(start=1, end=6, step_by=2) | join(sep='') }}{{ range(2) | join(sep='') }}",
            "01213501",
        );
    }

    #[test]
    fn tests_and_the_rest() {
        check(
            "{{ 'ab' is starting_with('a') and 'ab' is ending_with('b') }}",
            "True",
        );
        check(
            "{{ 'ab' is containing('b') and [1] is containing(1) and {'k': 0} is containing('k') }}",
            "True",
        );
        check(
            "{{ 'Queen' is matching('^[Qq]') }}{{ 4 is divisibleby(2) }}{{ {} is object }}",
            "TrueTrueTrue",
        );
        check(
            "{{ nope | default(value=1) }}{{ none | default(value=2) }}{{ '' | default('x', true) }}",
            "12x",
        );
        check(
            "{{ {'a b': 1} | get(key='a b') }}{{ {} | get(key='x', default=2) }}",
            "12",
        );
        check("{{ [1] | json_encode }}{{ true | as_str }}", "[1]true");
        assert!(
            render("{{ throw(message='stop') }}")
                .unwrap_err()
                .contains("stop")
        );
        assert!(
            render("{{ {} | get(key='x') }}")
                .unwrap_err()
                .contains("no key `x`")
        );
        assert!(
            render("{{ 'a' | regex_replace(pattern='(', rep='') }}")
                .unwrap_err()
                .contains("regular")
        );
        assert!(render("{{ [1] | slice(begin=1) }}").is_err());
        assert!(
            render("{{ range(end=1000000000) | join }}")
                .unwrap_err()
                .contains("100000")
        );
    }
}
