use ndarray::{Array2, ArrayView1};

/// The numbers of one comparison, as bench/selectors/peer.ts writes them (little-endian).
pub struct Tables {
    pub n: usize,
    pub dimension: usize,
    /// n rows: what is searched, and the support vectors.
    pub vectors: Array2<f32>,
    /// The same as upstream holds them.
    pub wide: Array2<f64>,
    pub queries: Array2<f64>,
    /// By machine: a weight for each vector.
    pub alphas: Array2<f64>,
    /// By machine: a weight for each number of a query.
    pub weights: Array2<f64>,
    pub centroids: Array2<f64>,
    pub gamma: f64,
}

impl Tables {
    /// Six u32 (n, dimension, queries, machines, clusters, 0), gamma as f64, then vectors, queries,
    /// centroids as f32 and alphas, weights as f64.
    pub fn read(path: &str) -> Tables {
        let bytes = std::fs::read(path).expect("the file that the harness wrote");
        let size = |at: usize| -> usize {
            u32::from_le_bytes(bytes[4 * at..4 * at + 4].try_into().unwrap()) as usize
        };
        let (n, dimension, queries, machines, clusters) =
            (size(0), size(1), size(2), size(3), size(4));
        let mut rest = Bytes {
            bytes: &bytes,
            at: 24,
        };
        let gamma = rest.doubles(1)[0];
        let singles = rest.singles(n * dimension);
        let wide = table(n, dimension, singles.iter().map(|&x| x as f64).collect());
        let vectors = table(n, dimension, singles);
        let queries = rest.widened(queries, dimension);
        let centroids = rest.widened(clusters, dimension);
        let alphas = table(machines, n, rest.doubles(machines * n));
        let weights = table(machines, dimension, rest.doubles(machines * dimension));
        assert_eq!(
            rest.at,
            bytes.len(),
            "the file is longer than its header says"
        );
        Tables {
            n,
            dimension,
            vectors,
            wide,
            queries,
            alphas,
            weights,
            centroids,
            gamma,
        }
    }

    pub fn query(&self, row: usize) -> ArrayView1<'_, f64> {
        self.queries.row(row)
    }
}

fn table<T>(rows: usize, columns: usize, numbers: Vec<T>) -> Array2<T> {
    Array2::from_shape_vec((rows, columns), numbers).expect("as many numbers as the header says")
}

struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        self.at += count;
        &self.bytes[self.at - count..self.at]
    }

    fn singles(&mut self, count: usize) -> Vec<f32> {
        let numbers = self.take(4 * count).chunks_exact(4);
        numbers
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect()
    }

    fn doubles(&mut self, count: usize) -> Vec<f64> {
        let numbers = self.take(8 * count).chunks_exact(8);
        numbers
            .map(|eight| f64::from_le_bytes(eight.try_into().unwrap()))
            .collect()
    }

    fn widened(&mut self, rows: usize, columns: usize) -> Array2<f64> {
        table(
            rows,
            columns,
            self.singles(rows * columns)
                .into_iter()
                .map(f64::from)
                .collect(),
        )
    }
}
