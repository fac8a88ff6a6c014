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
}
