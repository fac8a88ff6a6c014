namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What makes a row an anomaly.</summary>
public enum AnomalyScoring
{
    /// <summary>Its negative log density: rows are rare where it lies.</summary>
    LogDensity,

    /// <summary>
    /// Its negative log density when the features, made normal and uncorrelated (u, of d dimensions), are written as direction and length:
    /// −log p(x) − (d − 1) log(‖u‖ / √d). In many dimensions rows lie about √d from their centre and next to none lie near it, although the
    /// density may be highest there (Nalisnick et al., Detecting out-of-distribution inputs to deep generative models using typicality,
    /// 2019). Finds rows that are too average as well, such as blends, averages and imputed records, and is less sure of rows that lie far out.
    /// </summary>
    PolarLogDensity,

    /// <summary>
    /// Its negative log density, and beside it the distance r(x) to the second nearest training row (Ramaswamy, Rastogi and Shim, Efficient algorithms
    /// for mining outliers from large data sets, 2000), the root mean square difference of features in units of their deviations, which is not misled
    /// where a density of many features was learned from few rows: −log p(x) + w r(x), where w r varies four times as much among the training rows as
    /// log p does. With a context the distance is one of features and context. The model, and its file, keep up to 4,096 training rows, standardised.
    /// A row that coincides with one of them is taken for that row, which is no neighbour of its own.
    /// </summary>
    DensityAndDistance,
}
