namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of an estimator.</summary>
internal interface IEstimatorOptions
{
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    void Validate();

    /// <summary>Columns to write, each with the setting that names it; <see langword="null"/> for one that is not asked for.</summary>
    IEnumerable<(string Setting, string? Column)> OutputColumns => [];
}
