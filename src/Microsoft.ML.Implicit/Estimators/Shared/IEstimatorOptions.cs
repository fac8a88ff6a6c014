namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of an estimator.</summary>
internal interface IEstimatorOptions
{
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    void Validate();

    /// <summary>Columns that are predicted from, each with the setting that names it.</summary>
    IEnumerable<(string Setting, string? Column)> InputColumns => [];

    /// <summary>Columns of what is predicted, each with the setting that names it.</summary>
    IEnumerable<(string Setting, string? Column)> LabelColumns => [];

    /// <summary>Columns to write, each with the setting that names it; <see langword="null"/> for one that is not asked for.</summary>
    IEnumerable<(string Setting, string? Column)> OutputColumns => [];
}
