namespace Microsoft.ML.Implicit.Benchmarks;

/// <summary>Standard normal numbers by the method of Box and Muller (1958).</summary>
internal static class NormalDraws
{
    public static double NextNormal(this Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
