use crate::Method;
use crate::tables::Tables;
use linfa_nn::distance::L2Dist;
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour, NearestNeighbourIndex};
use ndarray::{Array2, ArrayView1};

/// linfa's default, which upstream uses.
const LEAF: usize = 16;

/// Every method answers with the rows of the k nearest vectors, nearest first.
pub fn method(how: &str, tables: &'static Tables) -> Method {
    match how {
        // What a fixed upstream would do: no tree, the k best of one pass in double precision.
        "naive" => Box::new(|query, k| nearest(&tables.wide, tables.query(query), k)),
        "balltree-rebuilt" => rebuilt(&tables.wide, tables),
        "balltree" => kept(CommonNearestNeighbour::BallTree, tables),
        "kdtree-f64" => kept(CommonNearestNeighbour::KdTree, tables),
        "kdtree-f32" => kdtree_f32(tables),
        "linear" => kept(CommonNearestNeighbour::LinearSearch, tables),
        other => panic!("knn-{other} is no method"),
    }
}

fn rows<F: linfa::Float>(
    index: &dyn NearestNeighbourIndex<F>,
    query: ArrayView1<F>,
    k: usize,
) -> Vec<f64> {
    let found = index
        .k_nearest(query, k)
        .expect("vectors as long as the query");
    found.into_iter().map(|(_, row)| row as f64).collect()
}

fn kept(algorithm: CommonNearestNeighbour, tables: &'static Tables) -> Method {
    let index = algorithm
        .from_batch_with_leaf_size(&tables.wide, LEAF, L2Dist)
        .expect("a batch with rows");
    Box::new(move |query, k| rows(index.as_ref(), tables.query(query), k))
}

/// As upstream's binding does for every request.
pub fn rebuilt(vectors: &'static Array2<f64>, tables: &'static Tables) -> Method {
    Box::new(move |query, k| {
        let tree = CommonNearestNeighbour::BallTree;
        let index = tree
            .from_batch_with_leaf_size(vectors, LEAF, L2Dist)
            .expect("a batch with rows");
        rows(index.as_ref(), tables.query(query), k)
    })
}

fn kdtree_f32(tables: &'static Tables) -> Method {
    let tree = CommonNearestNeighbour::KdTree;
    let index = tree
        .from_batch_with_leaf_size(&tables.vectors, LEAF, L2Dist)
        .expect("a batch with rows");
    let queries = tables.queries.mapv(|x| x as f32);
    Box::new(move |query, k| rows(index.as_ref(), queries.row(query), k))
}

pub fn nearest(vectors: &Array2<f64>, query: ArrayView1<f64>, k: usize) -> Vec<f64> {
    let query = query.to_slice().expect("a contiguous row");
    let mut best: Vec<(f64, usize)> = Vec::with_capacity(k + 1);
    for (row, vector) in vectors.outer_iter().enumerate() {
        let distance = squared_distance(vector.as_slice().expect("a contiguous row"), query);
        if best.len() == k && distance >= best[k - 1].0 {
            continue;
        }
        let place = best.partition_point(|&(other, _)| other <= distance);
        best.insert(place, (distance, row));
        best.truncate(k);
    }
    best.into_iter().map(|(_, row)| row as f64).collect()
}

pub fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
