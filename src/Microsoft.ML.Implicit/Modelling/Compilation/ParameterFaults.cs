using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Native;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Rows of parameters for which a program does not hold: its rules of curvature count on numbers, and on signs that were promised.</summary>
internal static class ParameterFaults
{
    /// <summary>What is wrong with each row, null where nothing is.</summary>
    /// <param name="parts">The parameters.</param>
    /// <param name="parameters">[batch, parameters], float64 on the CPU.</param>
    public static unsafe string?[] Find(IReadOnlyList<ProgramPart> parts, Tensor parameters)
    {
        string?[] faults = new string?[parameters.shape[0]];
        int columns = (int)parameters.shape[1];
        if (faults.Length == 0 || columns == 0)
        {
            return faults;
        }

        using Tensor values = parameters.detach().contiguous();
        double* first = values.Pointer<double>();
        for (int row = 0; row < faults.Length; row++)
        {
            double* start = first + ((long)row * columns);
            foreach (ProgramPart part in parts)
            {
                faults[row] ??= Find(part, new ReadOnlySpan<double>(start + part.Start, part.Size));
            }
        }

        return faults;
    }

    private static string? Find(ProgramPart part, ReadOnlySpan<double> values)
    {
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            return $"The parameter '{part.Name}' holds {Text(values[IndexOfNonFinite(values)])}.";
        }

        double wrong = part.Sign switch
        {
            Sign.Nonnegative => Math.Min(TensorPrimitives.Min(values), 0),
            Sign.Nonpositive => Math.Max(TensorPrimitives.Max(values), 0),
            _ => 0,
        };
        return wrong == 0 ? null : $"The parameter '{part.Name}' holds {Text(wrong)}, and was promised to be {part.Sign.ToString().ToLowerInvariant()}.";
    }

    private static int IndexOfNonFinite(ReadOnlySpan<double> values)
    {
        int index = 0;
        while (double.IsFinite(values[index]))
        {
            index++;
        }

        return index;
    }

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
