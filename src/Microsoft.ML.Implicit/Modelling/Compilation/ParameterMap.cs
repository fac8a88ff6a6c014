using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>
/// A sparse map from parameters to an array of a program: entry += value · parameter, where the parameter before the first is one.
/// </summary>
internal sealed class ParameterMap
{
    // Below that many products, rows are not worth being shared among threads.
    private const long ManyProducts = 1 << 15;

    private readonly double[] _constants;
    private readonly Run[] _runs;

    public ParameterMap(int length, int[] entries, int[] parameters, double[] values)
    {
        (Length, Entries, Parameters, Values) = (length, entries, parameters, values);
        _constants = new double[length];
        List<Run> runs = [];
        for (int i = 0; i < entries.Length; i++)
        {
            if (parameters[i] == 0)
            {
                _constants[entries[i]] += values[i];
                continue;
            }

            var next = new Run(entries[i], parameters[i] - 1, 1, values[i]);
            if (runs.Count > 0 && runs[^1].IsContinuedBy(next))
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            }
            else
            {
                runs.Add(next);
            }
        }

        _runs = [.. runs];
    }

    public int Length { get; }

    public int[] Entries { get; }

    public int[] Parameters { get; }

    public double[] Values { get; }

    public bool IsConstant => _runs.Length == 0;

    public bool IsZero => Values.Length == 0;

    /// <summary>Makes a map of terms; those that fall on one place are added.</summary>
    public static ParameterMap Create(int length, IEnumerable<(int Entry, int Parameter, double Value)> terms)
    {
        (int Entry, int Parameter, double Value)[] sorted = [.. terms];
        Array.Sort(sorted, (left, right) => left.Entry != right.Entry ? left.Entry.CompareTo(right.Entry) : left.Parameter.CompareTo(right.Parameter));
        List<(int Entry, int Parameter, double Value)> merged = new(sorted.Length);
        foreach ((int Entry, int Parameter, double Value) term in sorted)
        {
            if (merged.Count > 0 && merged[^1].Entry == term.Entry && merged[^1].Parameter == term.Parameter)
            {
                merged[^1] = term with { Value = merged[^1].Value + term.Value };
            }
            else
            {
                merged.Add(term);
            }
        }

        merged.RemoveAll(term => term.Value == 0);
        return new ParameterMap(length, [.. merged.Select(term => term.Entry)], [.. merged.Select(term => term.Parameter)], [.. merged.Select(term => term.Value)]);
    }

    public bool Depends(ProgramPart parameter) => Array.Exists(_runs, run => run.Source < parameter.Start + parameter.Size && run.Source + run.Count > parameter.Start);

    /// <summary>The array, [length] where no parameter is in it, else [batch, length], differentiable in the parameters.</summary>
    /// <param name="parameters">[batch, parameters], float64 on the CPU.</param>
    public Tensor Apply(Tensor parameters) => IsConstant
        ? NativeTensor.Of(_constants, [Length])
        : ImplicitSolve.Attach(new ParameterMapRule(this, (int)parameters.shape[1], isTransposed: false), [parameters], [Apply(parameters, hasConstants: true)], [])[0];

    /// <summary>The array, or, without constants, what a change of parameters changes it by; no graph.</summary>
    public unsafe Tensor Apply(Tensor parameters, bool hasConstants) => Map(parameters, Length, (source, target) =>
    {
        Span<double> row = new(target, Length);
        if (hasConstants)
        {
            _constants.CopyTo(row);
        }
        else
        {
            row.Clear();
        }

        foreach (Run run in _runs)
        {
            DenseVector.AddScaled(row.Slice(run.Entry, run.Count), run.Value, new ReadOnlySpan<double>(source + run.Source, run.Count));
        }
    });

    /// <summary>What cotangents of the array are of the parameters, [batch, parameters]; no graph.</summary>
    public unsafe Tensor ApplyTransposed(Tensor cotangents, int parameters) => Map(cotangents, parameters, (source, target) =>
    {
        Span<double> row = new(target, parameters);
        row.Clear();
        foreach (Run run in _runs)
        {
            DenseVector.AddScaled(row.Slice(run.Source, run.Count), run.Value, new ReadOnlySpan<double>(source + run.Entry, run.Count));
        }
    });

    private unsafe delegate void MapRow(double* source, double* target);

    private unsafe Tensor Map(Tensor rows, int length, MapRow map)
    {
        using Tensor source = rows.detach().contiguous();
        (int batch, int width) = ((int)rows.shape[0], (int)rows.shape[1]);
        Tensor result = empty(batch, length, ScalarType.Float64);
        if (batch == 0 || length == 0)
        {
            return result;
        }

        nint from = width == 0 ? 0 : (nint)source.Pointer<double>(), to = (nint)result.Pointer<double>();
        int parallelism = (long)batch * (Values.Length + length) < ManyProducts ? 1 : 0;
        ConeRows.ForEach<object?>(
            batch,
            parallelism,
            () => null,
            (_, row) => map((double*)from + ((long)row * width), (double*)to + ((long)row * length)),
            CancellationToken.None);
        return result;
    }

    // Successive entries that take successive parameters, as a matrix of parameters does.
    private readonly record struct Run(int Entry, int Source, int Count, double Value)
    {
        public bool IsContinuedBy(Run next) => next.Entry == Entry + Count && next.Source == Source + Count && next.Value == Value;
    }
}
