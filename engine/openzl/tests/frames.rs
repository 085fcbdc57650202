//! Round trips, determinism, plans and their hashes, and what happens to bad input.

use openzl::{
    Column, ColumnPlan, ColumnType, Compressor, Error, FORMAT_VERSION, LIBRARY_VERSION, OwnedColumn, Plan,
    Recipe, Strings, decompress,
};
use proptest::prelude::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn column_plan(column_type: ColumnType, recipe: Recipe) -> ColumnPlan {
    ColumnPlan { name: format!("{} by {recipe:?}", column_type.name()), column_type, recipe }
}

const TYPES: [ColumnType; 5] =
    [ColumnType::U8, ColumnType::U16, ColumnType::U32, ColumnType::U64, ColumnType::Strings];

/// The same small numbers and words as columns of every type.
fn sample(rows: u64) -> Vec<OwnedColumn> {
    let values: Vec<u64> = (0..rows).map(|i| i * i % 97 + i / 50).collect();
    let words: Vec<String> = values.iter().map(|v| format!("GET /item/{} {}", v % 13, v % 3)).collect();
    vec![
        OwnedColumn::U8(values.iter().map(|&v| v as u8).collect()),
        OwnedColumn::U16(values.iter().map(|&v| v as u16).collect()),
        OwnedColumn::U32(values.iter().map(|&v| v as u32).collect()),
        OwnedColumn::U64(values.iter().map(|&v| 1_700_000_000_000_000_000 + v * 1_000_003).collect()),
        OwnedColumn::Strings {
            bytes: words.concat().into_bytes(),
            lengths: words.iter().map(|word| word.len() as u32).collect(),
        },
    ]
}

fn borrowed(columns: &[OwnedColumn]) -> Result<Vec<Column<'_>>, Error> {
    columns.iter().map(OwnedColumn::as_column).collect()
}

fn generic(columns: &[Column<'_>]) -> Result<Plan, Error> {
    let plans = columns.iter().map(|c| column_plan(c.column_type(), Recipe::Generic)).collect();
    Plan::new(3, true, plans)
}

#[test]
fn every_recipe_gives_back_what_it_was_given() -> Outcome {
    for rows in [0, 1, 2, 300] {
        let columns = sample(rows);
        for (column, of) in columns.iter().zip(TYPES) {
            let mut worked = 0;
            for &recipe in Recipe::candidates(of) {
                let plan = Plan::new(3, false, vec![column_plan(of, recipe)])?;
                // The library refuses some recipes for some widths; it must say so and do nothing else.
                let Ok(mut compressor) = Compressor::new(&plan) else { continue };
                let Ok(frame) = compressor.compress(&[column.as_column()?]) else { continue };
                assert_eq!(&decompress(frame)?, std::slice::from_ref(column), "{of:?} {recipe:?} {rows}");
                worked += 1;
            }
            assert!(worked >= 3, "{of:?} has {worked} recipes for {rows} rows");
        }
    }
    Ok(())
}

#[test]
fn columns_of_empty_strings_come_back() -> Outcome {
    for rows in [1, 2, 5] {
        let column = OwnedColumn::Strings { bytes: Vec::new(), lengths: vec![0; rows] };
        for &recipe in Recipe::candidates(ColumnType::Strings) {
            let plan = Plan::new(3, false, vec![column_plan(ColumnType::Strings, recipe)])?;
            let Ok(frame) = Compressor::new(&plan)?.compress(&[column.as_column()?]).map(<[u8]>::to_vec)
            else {
                continue;
            };
            assert_eq!(&decompress(&frame)?, std::slice::from_ref(&column), "{recipe:?} {rows}");
        }
        let named = [("empty", column.as_column()?)];
        let plan = Plan::search(3, false, &named)?;
        let frame = Compressor::new(&plan)?.compress(&[column.as_column()?])?.to_vec();
        assert_eq!(decompress(&frame)?, [column]);
    }
    Ok(())
}

#[test]
fn a_searched_plan_is_smaller_than_the_generic_one_and_is_found_again() -> Outcome {
    let columns = sample(2000);
    let columns = borrowed(&columns)?;
    let named: Vec<(&str, Column<'_>)> = ["a", "b", "c", "d", "e"].into_iter().zip(columns.clone()).collect();
    let plan = Plan::search(3, false, &named)?;
    assert_eq!(plan, Plan::search(3, false, &named)?);
    let size = |plan: &Plan| Ok::<_, Error>(Compressor::new(plan)?.compress(&columns)?.len());
    let generic: Vec<ColumnPlan> = TYPES.map(|of| column_plan(of, Recipe::Generic)).into();
    let (searched, generic) = (size(&plan)?, size(&Plan::new(3, false, generic)?)?);
    assert!(searched < generic, "{searched} {generic}");
    Ok(())
}

#[test]
fn the_same_columns_and_plan_give_the_same_bytes_whatever_was_compressed_before() -> Outcome {
    let (small, large) = (sample(40), sample(500));
    let plan = generic(&borrowed(&small)?)?;
    let mut fresh = Compressor::new(&plan)?;
    let expected = fresh.compress(&borrowed(&small)?)?.to_vec();
    let mut used = Compressor::new(&plan)?;
    used.compress(&borrowed(&large)?)?;
    assert_eq!(used.compress(&borrowed(&small)?)?, expected);
    assert!(used.compress(&borrowed(&small[1..])?).is_err());
    assert_eq!(used.compress(&borrowed(&small)?)?, expected, "after an error too");
    let moved = std::thread::spawn(move || used.compress(&borrowed(&small)?).map(<[u8]>::to_vec)).join();
    assert_eq!(moved.expect("the thread does not panic")?, expected);
    Ok(())
}

#[test]
fn a_plan_is_known_by_a_hash_that_does_not_move() -> Outcome {
    let columns = vec![
        column_plan(ColumnType::U16, Recipe::Tokenize),
        column_plan(ColumnType::Strings, Recipe::Prefix),
    ];
    let plan = Plan::new(6, true, columns)?;
    assert_eq!(
        plan.to_json(),
        r#"{"plan_schema":1,"library":"0.3.0","format":27,"level":6,"checksums":true,"columns":[{"name":"u16 by Tokenize","type":"u16","recipe":"tokenize"},{"name":"strings by Prefix","type":"strings","recipe":"prefix"}]}"#
    );
    let beginning =
        [0x28, 0xf8, 0xe7, 0xf2, 0xbe, 0x03, 0x74, 0x21, 0x69, 0x48, 0xc5, 0x04, 0x09, 0xef, 0x74, 0x89];
    assert_eq!(plan.sha256()[..16], beginning, "{:02x?}", plan.sha256());
    assert_eq!(Plan::from_json(&plan.to_json())?, plan);
    Ok(())
}

#[test]
fn a_plan_of_another_version_is_refused_with_a_hint() -> Outcome {
    let plan = Plan::new(3, false, vec![column_plan(ColumnType::U64, Recipe::Numeric)])?;
    let library = plan.to_json().replace(LIBRARY_VERSION, "0.3.1");
    let format = plan.to_json().replace(&format!("\"format\":{FORMAT_VERSION}"), "\"format\":26");
    for other in [library, format] {
        let refused = Plan::from_json(&other).expect_err("another version");
        assert!(matches!(refused, Error::Version { .. }), "{refused:?}");
        assert!(refused.to_string().contains("search the plan anew"), "{refused}");
    }
    for damaged in ["", "{}", "[]", &plan.to_json()[1..], &plan.to_json().replace("numeric", "prefix")] {
        assert!(Plan::from_json(damaged).is_err(), "{damaged}");
    }
    Ok(())
}

#[test]
fn input_that_does_not_fit_is_an_error() -> Outcome {
    assert_eq!(Strings::new(b"abc", &[1, 1]), Err(Error::Lengths { bytes: 3, lengths: 2 }));
    assert_eq!(Strings::new(b"", &[u32::MAX; 3]), Err(Error::Lengths { bytes: 0, lengths: 3 * 0xffff_ffff }));
    let plan = Plan::new(3, false, vec![column_plan(ColumnType::U32, Recipe::Generic)])?;
    let mut compressor = Compressor::new(&plan)?;
    let wrong = compressor.compress(&[Column::U64(&[1])]).expect_err("another type");
    assert_eq!(wrong, Error::Type { column: 0, expected: ColumnType::U32, found: ColumnType::U64 });
    assert_eq!(compressor.compress(&[]).expect_err("no column"), Error::Columns { expected: 1, found: 0 });
    assert!(Plan::new(3, false, Vec::new()).is_err());
    for not_a_frame in [&b""[..], b"x", b"not a frame at all", &[0; 64], &[0xff; 64]] {
        assert!(decompress(not_a_frame).is_err(), "{not_a_frame:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_columns_come_back(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..60),
        numbers in prop::collection::vec(any::<u64>(), 0..200),
        small in prop::collection::vec(0_u16..50, 0..300),
    ) {
        let columns = [
            OwnedColumn::U8(bytes),
            OwnedColumn::U16(small.clone()),
            OwnedColumn::U32(small.iter().map(|&v| u32::from(v) << 9).collect()),
            OwnedColumn::U64(numbers),
            OwnedColumn::Strings {
                lengths: words.iter().map(|w| w.len() as u32).collect(),
                bytes: words.concat(),
            },
        ];
        let borrowed = borrowed(&columns).expect("lengths fit");
        let named: Vec<_> = borrowed.iter().map(|c| (c.column_type().name(), *c)).collect();
        for plan in [generic(&borrowed), Plan::search(3, true, &named)] {
            let mut compressor = Compressor::new(&plan.expect("a plan")).expect("a compressor");
            let frame = compressor.compress(&borrowed).expect("a frame").to_vec();
            prop_assert_eq!(&decompress(&frame).expect("columns")[..], &columns[..]);
        }
    }

    /// With checksums no damage passes.
    #[test]
    fn damaged_frames_are_errors(
        rows in 1_u64..200,
        at in any::<prop::sample::Index>(),
        flip in 1_u8..=255,
        cut in any::<prop::sample::Index>(),
    ) {
        let columns = sample(rows);
        let columns = borrowed(&columns).expect("lengths fit");
        let plan = generic(&columns).expect("a plan");
        let frame = Compressor::new(&plan).expect("a compressor").compress(&columns).expect("a frame").to_vec();
        let mut flipped = frame.clone();
        let index = at.index(frame.len());
        flipped[index] ^= flip;
        prop_assert!(decompress(&flipped).is_err());
        prop_assert!(decompress(&frame[..cut.index(frame.len())]).is_err());
    }
}
