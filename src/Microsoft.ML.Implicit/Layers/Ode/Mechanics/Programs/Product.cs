namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>A term of a sum: a factor times one or two values.</summary>
/// <param name="Output">Column of the sum, counted from its block's first.</param>
/// <param name="Left">Index of the first value.</param>
/// <param name="Right">Index of the second, or -1 without one.</param>
/// <param name="Factor">The factor.</param>
internal readonly record struct Product(int Output, int Left, int Right = -1, double Factor = 1);
