//! What one input offers. Files of one input may hold a column in different types, or lack it: those that are alike are
//! one layout, and each layout is read as an input of its own.

use std::path::PathBuf;

use crate::plan::{Import, InputFile, LeftOut, Physical};

use super::Column;

/// What one input offers.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The files, sorted by path.
    pub files: Vec<InputFile>,
    /// The folder under which `key=value` folders are columns, if there are such folders.
    pub hive_root: Option<PathBuf>,
    /// What else the path names, and why it is not read.
    pub left_out: Vec<LeftOut>,
    /// Columns of the files, each as the first file that has it does, then those of the folders.
    pub columns: Vec<Column>,
    /// The files by their columns, in the order of their first files.
    pub layouts: Vec<Layout>,
    /// How the files get into a form that the engine reads; none where they have it.
    pub import: Option<Import>,
}

/// Files with the same columns.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Sorted by path.
    pub files: Vec<InputFile>,
    /// Columns of the files, then those of the folders.
    pub columns: Vec<Column>,
}

impl Catalog {
    /// The catalog of files with their columns; `hive` are the columns of the folders, which hide those of the files.
    pub(super) fn of_files(
        footers: Vec<(InputFile, Vec<Column>)>,
        hive_root: Option<PathBuf>,
        hive: &[Column],
    ) -> Self {
        let mut layouts: Vec<Layout> = Vec::new();
        for (file, columns) in &footers {
            match layouts.iter_mut().find(|layout| is_same(&layout.columns, columns)) {
                None => layouts.push(Layout { files: vec![file.clone()], columns: columns.clone() }),
                Some(layout) => {
                    layout.files.push(file.clone());
                    for known in &mut layout.columns {
                        known.nullable |= columns.iter().any(|one| one.name == known.name && one.nullable);
                    }
                }
            }
        }
        let mut all: Vec<Column> = Vec::new();
        for layout in &mut layouts {
            layout.columns.retain(|column| !hive.iter().any(|key| key.name == column.name));
            layout.columns.extend_from_slice(hive);
            for column in &layout.columns {
                match all.iter_mut().find(|known| known.name == column.name) {
                    None => all.push(column.clone()),
                    // A day on which a column is empty says nothing of what it holds.
                    Some(known) if known.physical == Physical::Null => *known = column.clone(),
                    Some(_) => {}
                }
            }
        }
        let files = footers.into_iter().map(|(file, _)| file).collect();
        Self { files, hive_root, left_out: Vec::new(), columns: all, layouts, import: None }
    }

    /// The catalog of files that are imported, whose columns are the same in all of them.
    pub fn imported(files: Vec<InputFile>, columns: Vec<Column>, import: Import) -> Self {
        let layouts = vec![Layout { files: files.clone(), columns: columns.clone() }];
        Self { files, hive_root: None, left_out: Vec::new(), columns, layouts, import: Some(import) }
    }

    /// A catalog for each layout. A column that a layout lacks is one of nulls there, if `missing_is_null`.
    pub fn parts(&self, missing_is_null: bool) -> Vec<Self> {
        let part = |layout: &Layout| {
            let mut columns = layout.columns.clone();
            if missing_is_null {
                let absent =
                    self.columns.iter().filter(|one| !columns.iter().any(|own| own.name == one.name));
                let null = |one: &Column| Column {
                    name: one.name.clone(),
                    physical: Physical::Null,
                    storage: "absent".to_owned(),
                    nullable: true,
                    foreign: false,
                };
                let absent: Vec<Column> = absent.map(null).collect();
                columns.extend(absent);
            }
            let (files, hive_root) = (layout.files.clone(), self.hive_root.clone());
            let layouts = vec![Layout { files: files.clone(), columns: columns.clone() }];
            Self {
                files,
                hive_root,
                left_out: self.left_out.clone(),
                columns,
                layouts,
                import: self.import.clone(),
            }
        };
        self.layouts.iter().map(part).collect()
    }

    /// Rows of all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Whether two files have the same columns, in any order.
fn is_same(columns: &[Column], others: &[Column]) -> bool {
    let has = |column: &Column| {
        let other = others.iter().find(|other| other.name == column.name);
        other.is_some_and(|other| other.storage == column.storage && other.foreign == column.foreign)
    };
    columns.len() == others.len() && columns.iter().all(has)
}
