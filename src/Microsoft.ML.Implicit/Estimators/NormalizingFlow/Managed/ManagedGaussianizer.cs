using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary><see cref="Gaussianizer"/> row by row in managed memory. Safe to use from several threads at once.</summary>
/// <param name="splines">The map of each feature.</param>
/// <param name="mean">Mean of the features mapped.</param>
/// <param name="whitening">[features, features], row by row.</param>
/// <param name="logDeterminant">That of the whitening.</param>
internal sealed class ManagedGaussianizer(ManagedSpline[] splines, double[] mean, double[] whitening, double logDeterminant)
{
    /// <summary>Number of features.</summary>
    public int Width => splines.Length;

    /// <summary>Maps features to normal ones.</summary>
    /// <param name="features">Finite features in the user's units.</param>
    /// <param name="normal">Receives as many.</param>
    /// <returns>Log determinant of the map.</returns>
    public double Map(ReadOnlySpan<float> features, Span<double> normal)
    {
        double sum = logDeterminant;
        normal.Clear();
        for (int i = 0; i < splines.Length; i++)
        {
            (double value, double logDerivative) = splines[i].Map(features[i]);
            sum += logDerivative;
            TensorPrimitives.MultiplyAdd(whitening.AsSpan(i * Width, Width), value - mean[i], normal, normal);
        }

        return sum;
    }
}
