namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of an estimator.</summary>
internal interface IEstimatorOptions
{
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    void Validate();
}
