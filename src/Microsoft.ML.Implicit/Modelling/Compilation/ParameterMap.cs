using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>
/// A sparse map from parameters to an array of a program: entry += value · parameter, where the parameter before the first is one.
/// </summary>
internal sealed record ParameterMap(int Length, int[] Entries, int[] Parameters, double[] Values)
{
    public bool IsConstant => Array.TrueForAll(Parameters, parameter => parameter == 0);

    public bool Depends(ProgramPart parameter) => Array.Exists(Parameters, index => index > parameter.Start && index <= parameter.Start + parameter.Size);

    public bool IsZero => Values.Length == 0;

    /// <summary>Makes a map of terms; those that fall on one place are added.</summary>
    public static ParameterMap Create(int length, IEnumerable<(int Entry, int Parameter, double Value)> terms)
    {
        (int Entry, int Parameter, double Value)[] merged =
        [
            .. terms.GroupBy(term => (term.Entry, term.Parameter)).Select(group => (group.Key.Entry, group.Key.Parameter, group.Sum(term => term.Value)))
                .Where(term => term.Item3 != 0).OrderBy(term => term.Entry).ThenBy(term => term.Parameter),
        ];
        return new ParameterMap(
            length,
            [.. merged.Select(term => term.Entry)],
            [.. merged.Select(term => term.Parameter)],
            [.. merged.Select(term => term.Value)]);
    }

    /// <summary>The array, [length] where no parameter is in it, else [batch, length].</summary>
    /// <param name="parameters">[batch, 1 + parameters], the first column ones, float64.</param>
    public Tensor Apply(Tensor parameters)
    {
        Tensor rows = IsConstant ? ones(1, 1, ScalarType.Float64) : parameters;
        Tensor values = NativeTensor.Of(Values, [Values.Length]);
        Tensor products = rows.index_select(1, tensor(Array.ConvertAll(Parameters, x => (long)x), [Parameters.Length], ScalarType.Int64)).mul(values);
        Tensor entries = tensor(Array.ConvertAll(Entries, x => (long)x), [Entries.Length], ScalarType.Int64);
        Tensor sums = zeros(rows.shape[0], Length, ScalarType.Float64).index_add(1, entries, products, 1.Held());
        return IsConstant ? sums.squeeze(0) : sums;
    }
}
