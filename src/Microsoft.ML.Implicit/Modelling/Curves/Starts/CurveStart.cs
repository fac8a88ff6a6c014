namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>Where a search sets out.</summary>
/// <param name="Parameters">The parameters there.</param>
/// <param name="IsClear">Whether they were chosen so that outliers have no part in them.</param>
internal readonly record struct CurveStart(double[] Parameters, bool IsClear);
