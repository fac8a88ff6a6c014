using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

/// <summary>Steps of Ruiz equilibration on panel matrices.</summary>
internal static unsafe class Equilibration
{
    private const int Lanes = 4;

    /// <summary>Raises <paramref name="maxima"/> to the largest magnitudes of the columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ColumnMaxima(PanelMatrix matrix, double* maxima)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            double* row = matrix.Column(panel), part = maxima + (panel * Panel.Width);
            Vector256<double> low = Vector256.Load(part), high = Vector256.Load(part + Lanes);
            for (int i = 0; i < matrix.Rows; i++, row += Panel.Width)
            {
                low = Vector256.Max(low, Vector256.Abs(Vector256.Load(row)));
                high = Vector256.Max(high, Vector256.Abs(Vector256.Load(row + Lanes)));
            }

            low.Store(part);
            high.Store(part + Lanes);
        }
    }

    /// <summary>Divides maxima by the power of two below the largest.</summary>
    public static void Normalise(double* maxima, int count)
    {
        double factor = Math.ScaleB(1, -Exponent(Vectors.MaxMagnitude(maxima, count)));
        for (int i = 0; i < count; i++)
        {
            maxima[i] *= factor;
        }
    }

    /// <summary>Exponent of the power of two below a value; 0 where there is none.</summary>
    public static int Exponent(double value) => double.IsNormal(value) ? Math.ILogB(value) : 0;

    /// <summary>Turns maxima into the powers of two nearest to their inverse square roots, 1 for an empty line; says whether any differs from 1.</summary>
    public static bool ToFactors(double* maxima, int count)
    {
        bool changed = false;
        for (int i = 0; i < count; i++)
        {
            // Half the logarithm, rounded: exponents of either parity and their fractions come to the same as floor((e + 1) / 2).
            int exponent = -((Exponent(maxima[i]) + 1) >> 1);
            changed |= exponent != 0;
            maxima[i] = Math.ScaleB(1, exponent);
        }

        return changed;
    }

    /// <summary>Multiplies rows and columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(PanelMatrix matrix, double* rows, double* columns)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            double* row = matrix.Column(panel), part = columns + (panel * Panel.Width);
            Vector256<double> low = Vector256.Load(part), high = Vector256.Load(part + Lanes);
            for (int i = 0; i < matrix.Rows; i++, row += Panel.Width)
            {
                Vector256<double> factor = Vector256.Create(rows[i]);
                (Vector256.Load(row) * factor * low).Store(row);
                (Vector256.Load(row + Lanes) * factor * high).Store(row + Lanes);
            }
        }
    }
}
