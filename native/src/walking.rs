//! Sampler, order, schedule and time grid as a command line names them.

use kiln::error::unknown;
use kiln::samplers::SamplerConfig;
use kiln::schedules::ScheduleConfig;
use kiln::schedules::grids::GridConfig;
use kiln::{Error, Result, config};
use serde_json::Value;

use crate::spec::member;

/// More than any sampler has.
const HIGHEST: usize = 16;

/// `NAME[:key=value,...]`, of that order where one is asked for.
pub fn sampler(text: &str, order: Option<usize>) -> Result<SamplerConfig> {
    let sampler = member(text, SamplerConfig::named)?;
    order.map_or(Ok(sampler.clone()), |order| of_order(&sampler, order))
}

/// The sampler with its option `order` set; refused where it has none, or not this one.
pub fn of_order(sampler: &SamplerConfig, order: usize) -> Result<SamplerConfig> {
    if let Some(found) = set(sampler, order) {
        return Ok(found);
    }
    sampler.check()?;
    let name = sampler.name();
    let there = orders(sampler);
    Err(Error::argument(if there.is_empty() {
        let (parts, choices) = (parts(sampler), choices());
        format!("--order: {name} has no order to choose{parts}; those that have are: {choices}")
    } else {
        let there: Vec<String> = there.iter().map(ToString::to_string).collect();
        format!("--order: {name} has the orders {}; this is {order}", there.join(", "))
    }))
}

fn set(sampler: &SamplerConfig, order: usize) -> Option<SamplerConfig> {
    let mut value = serde_json::to_value(sampler).ok()?;
    *value.get_mut("order")? = order.into();
    let found: SamplerConfig = config::typed(value).ok()?;
    found.check().is_ok().then_some(found)
}

fn orders(sampler: &SamplerConfig) -> Vec<usize> {
    (0..=HIGHEST).filter(|order| set(sampler, *order).is_some()).collect()
}

/// The samplers that have orders.
fn choices() -> String {
    let all = SamplerConfig::all();
    let named: Vec<&str> =
        all.iter().filter(|sampler| !orders(sampler).is_empty()).map(SamplerConfig::name).collect();
    named.join(", ")
}

/// Options that are orders of its parts.
fn parts(sampler: &SamplerConfig) -> String {
    let Ok(Value::Object(options)) = serde_json::to_value(sampler) else { return String::new() };
    let parts: Vec<&str> = options.keys().map(String::as_str).filter(|key| key.ends_with("_order")).collect();
    if parts.is_empty() { String::new() } else { format!(", but {}", parts.join(" and ")) }
}

/// What `--schedule` and `--grid` name. Under the first a time grid may stand too: no name is both.
pub fn levels(
    schedule: Option<&str>,
    grid: Option<&str>,
) -> Result<(Option<ScheduleConfig>, Option<GridConfig>)> {
    let named = grid.map(|text| member(text, GridConfig::named)).transpose()?;
    let Some(text) = schedule else { return Ok((None, named)) };
    let name = text.split(':').next().unwrap_or(text);
    if GridConfig::NAMES.contains(&name) {
        return match grid {
            None => Ok((None, Some(member(text, GridConfig::named)?))),
            Some(other) => Err(Error::argument(format!(
                "--schedule: {name} is a time grid, and --grid names another, {other}; leave out one, or name a schedule"
            ))),
        };
    }
    if ScheduleConfig::NAMES.contains(&name) || text.starts_with('@') {
        return Ok((Some(member(text, ScheduleConfig::named)?), named));
    }
    let all = [ScheduleConfig::NAMES, GridConfig::NAMES].concat();
    Err(unknown("schedule or time grid", name, &all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(sampler: &SamplerConfig) -> Value {
        serde_json::to_value(sampler).expect("a map")["order"].clone()
    }

    #[test]
    fn an_order_is_one_that_the_sampler_has() {
        assert_eq!(order_of(&sampler("unipc", Some(3)).expect("an order")), 3);
        let both = sampler("dpmpp:method=singlestep,order=2", Some(1)).expect("an order");
        assert_eq!((order_of(&both), both.memory()), (1.into(), 0));
        let said = |text, order| sampler(text, Some(order)).expect_err("no order").to_string();
        assert_eq!(said("unipc", 4), "--order: unipc has the orders 1, 2, 3; this is 4");
        assert_eq!(said("dpm_adaptive", 1), "--order: dpm_adaptive has the orders 2, 3; this is 1");
        let none = said("heun", 2);
        assert!(
            none.starts_with("--order: heun has no order to choose; those that have are: lms, ipndm, dpm,"),
            "{none}"
        );
        assert!(said("sa_solver", 2).contains("but predictor_order and corrector_order"));
        // What is wrong elsewhere is said, not laid to the order, which replaces what was written.
        assert!(said("dpm_adaptive:rtol=0", 3).contains("`rtol`"));
        assert_eq!(order_of(&sampler("unipc:order=9", Some(3)).expect("an order")), 3);
    }

    #[test]
    fn a_schedule_or_a_time_grid_may_be_named_as_schedule() {
        let (schedule, grid) = levels(Some("karras:rho=5"), None).expect("a grid");
        assert_eq!((schedule.is_none(), grid.expect("a grid").name()), (true, "karras"));
        let (schedule, grid) = levels(Some("vp"), Some("linear")).expect("both");
        assert_eq!((schedule.expect("one").name(), grid.expect("one").name()), ("vp", "linear"));
        let said = |schedule, grid| levels(Some(schedule), grid).expect_err("neither").to_string();
        assert!(said("karras", Some("linear")).contains("is a time grid, and --grid names another"));
        assert!(
            said("karas", None).contains("unknown schedule or time grid `karas` (did you mean `karras`?)")
        );
        assert!(ScheduleConfig::NAMES.iter().all(|name| !GridConfig::NAMES.contains(name)));
    }
}
