//! Settings of an operator's slips: refused or accepted, never with a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::config::flags::{FLAGS, Settings};
use proxy::config::retention::RetentionConfig;
use proxy::config::{Config, StoreConfig};

fuzz_target!(|text: &str| {
    // A line each: the number of the flag in its first character, then its value. Flags that name
    // files are left out, or the fuzzer would read the machine's.
    let flags = text.lines().filter_map(|line| {
        let first = line.chars().next()?;
        let flag = FLAGS.get(usize::try_from(u32::from(first)).ok()?.checked_sub(48)?)?;
        let value = line.get(first.len_utf8()..)?;
        (!flag.name.ends_with("-file")).then(|| (flag.name, value.to_owned()))
    });
    let settings = Settings::gather(flags.collect::<Vec<_>>(), []);
    for told in [
        Config::from_settings(&settings).map(drop),
        StoreConfig::from_settings(&settings).map(drop),
        RetentionConfig::from_settings(&settings).map(drop),
    ] {
        if let Err(errors) = told {
            assert!(!errors.to_string().is_empty());
        }
    }
});
