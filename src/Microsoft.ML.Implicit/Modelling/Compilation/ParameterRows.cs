using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Puts the values of parameters side by side.</summary>
internal static class ParameterRows
{
    /// <summary>[batch, parameters], float64.</summary>
    /// <exception cref="ArgumentException">One is missing or has another shape.</exception>
    public static Tensor Create(IReadOnlyList<ProgramPart> parts, IReadOnlyDictionary<string, Tensor> values)
    {
        long batch = 1;
        List<Tensor> rows = [];
        foreach (ProgramPart part in parts)
        {
            if (!values.TryGetValue(part.Name, out Tensor? value))
            {
                throw new ArgumentException($"The parameter '{part.Name}' has no value.", nameof(values));
            }

            Tensor row = ToRows(part, value);
            if (row.shape[0] != 1 && batch != 1 && row.shape[0] != batch)
            {
                throw new ArgumentException($"The parameter '{part.Name}' has a batch of {row.shape[0]}; those before it have {batch}.", nameof(values));
            }

            batch = row.shape[0] == 1 ? batch : row.shape[0];
            rows.Add(row);
        }

        return rows.Count == 0 ? zeros(1, 0, ScalarType.Float64) : rows.Count == 1 ? rows[0] : cat([.. rows.Select(row => row.expand(batch, -1))], 1);
    }

    private static Tensor ToRows(ProgramPart part, Tensor value)
    {
        long[] shape = part.Size == 1 ? [] : part.Columns == 1 ? [part.Rows] : [part.Rows, part.Columns];

        // One number may be a vector of one, and a vector a matrix of one column, as code for any number of them makes them.
        long batch = BatchOf(value, shape) ?? (part.Size == 1 ? BatchOf(value, [1]) : null) ?? BatchOf(value, [part.Rows, part.Columns])
            ?? throw new ArgumentException($"The parameter '{part.Name}' has shape [{string.Join(", ", value.shape)}]; expected [{string.Join(", ", shape)}], or that with a batch in front.", nameof(value));
        return value.to(ScalarType.Float64).cpu().reshape(batch, part.Size);
    }

    private static long? BatchOf(Tensor value, long[] shape) => value.shape.AsSpan().SequenceEqual(shape) ? 1
        : value.dim() == shape.Length + 1 && value.shape.AsSpan(1).SequenceEqual(shape) ? value.shape[0]
        : null;
}
