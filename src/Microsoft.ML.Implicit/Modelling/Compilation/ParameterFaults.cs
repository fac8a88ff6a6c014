using System.Globalization;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Rows of parameters for which a program does not hold: its rules of curvature count on numbers, and on signs that were promised.</summary>
internal static class ParameterFaults
{
    /// <summary>What is wrong with each row, null where nothing is.</summary>
    /// <param name="parts">The parameters.</param>
    /// <param name="parameters">[batch, parameters], float64.</param>
    public static string?[] Find(IReadOnlyList<ProgramPart> parts, Tensor parameters)
    {
        string?[] faults = new string?[parameters.shape[0]];
        if (faults.Length == 0)
        {
            return faults;
        }

        double[] values = parameters.ReadDoubles();
        int columns = values.Length / faults.Length;
        for (int row = 0; row < faults.Length; row++)
        {
            faults[row] = parts.Select(part => Find(part, values.AsSpan((row * columns) + part.Start, part.Size))).FirstOrDefault(fault => fault is not null);
        }

        return faults;
    }

    private static string? Find(ProgramPart part, ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
            {
                return $"The parameter '{part.Name}' holds {Text(value)}.";
            }

            if (part.Sign == Sign.Nonnegative ? value < 0 : part.Sign == Sign.Nonpositive && value > 0)
            {
                return $"The parameter '{part.Name}' holds {Text(value)}, and was promised to be {part.Sign.ToString().ToLowerInvariant()}.";
            }
        }

        return null;
    }

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
