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
        bool isBatched = value.dim() == shape.Length + 1;
        bool isColumn = part.Size == 1 && value.dim() == 2 && value.shape[1] == 1;
        return isColumn || (isBatched ? value.shape[1..] : value.shape).AsSpan().SequenceEqual(shape)
            ? value.to(ScalarType.Float64).cpu().reshape(isColumn || isBatched ? value.shape[0] : 1, part.Size)
            : throw new ArgumentException($"The parameter '{part.Name}' has shape [{string.Join(", ", value.shape)}]; expected [{string.Join(", ", shape)}], or that with a batch in front.", nameof(value));
    }
}
