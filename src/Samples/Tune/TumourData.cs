namespace Microsoft.ML.Implicit.Samples.Tune;

/// <summary>Tumours to train on, to tune by and to test on.</summary>
/// <param name="Train">Tumours with labels of which some are wrong.</param>
/// <param name="Validation">Tumours with right labels.</param>
/// <param name="Test">Tumours with right labels.</param>
/// <param name="IsWrong">Whether the label of a training row is wrong.</param>
internal sealed record TumourData(IDataView Train, IDataView Validation, IDataView Test, bool[] IsWrong);
