namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Steps of Ruiz equilibration on panel matrices.</summary>
internal static unsafe class Equilibration
{
    public static void ColumnMaxima(PanelMatrix matrix, double[] maxima)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            double* entry = matrix.Column(panel);
            Span<double> part = maxima.AsSpan(panel * Panel.Width, Panel.Width);
            for (int i = 0; i < matrix.Rows; i++)
            {
                for (int j = 0; j < Panel.Width; j++, entry++)
                {
                    part[j] = Math.Max(part[j], Math.Abs(*entry));
                }
            }
        }
    }

    public static void RowMaxima(PanelMatrix matrix, double[] maxima)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            double* entry = matrix.Column(panel);
            for (int i = 0; i < matrix.Rows; i++)
            {
                for (int j = 0; j < Panel.Width; j++, entry++)
                {
                    maxima[i] = Math.Max(maxima[i], Math.Abs(*entry));
                }
            }
        }
    }

    /// <summary>Turns maxima into the powers of two nearest to their inverse square roots, 1 for an empty line; says whether any differs from 1.</summary>
    public static bool ToFactors(double[] maxima)
    {
        bool changed = false;
        for (int i = 0; i < maxima.Length; i++)
        {
            int exponent = maxima[i] > 0 ? -(int)Math.Round(0.5 * Math.Log2(maxima[i])) : 0;
            changed |= exponent != 0;
            maxima[i] = Math.ScaleB(1, exponent);
        }

        return changed;
    }

    public static void ScaleColumns(PanelMatrix matrix, double[] factors)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            double* entry = matrix.Column(panel);
            for (int i = 0; i < matrix.Rows; i++)
            {
                for (int j = 0; j < Panel.Width; j++, entry++)
                {
                    *entry *= factors[(panel * Panel.Width) + j];
                }
            }
        }
    }

    public static void ScaleRows(PanelMatrix matrix, double[] factors)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            double* entry = matrix.Column(panel);
            for (int i = 0; i < matrix.Rows; i++)
            {
                for (int j = 0; j < Panel.Width; j++, entry++)
                {
                    *entry *= factors[i];
                }
            }
        }
    }
}
