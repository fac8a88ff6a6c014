using System.Globalization;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The arguments of a quadratic program as its user gave them, before it is known how long the columns among them are.</summary>
internal sealed class QuadraticTemplate
{
    private static readonly bool[] IsMatrix = [true, false, true, false, true, false, false, false];

    private readonly QuadraticCoefficients?[] _arguments;

    public QuadraticTemplate(QuadraticProgramSettings settings)
        : this([settings.Q, settings.P, settings.G, settings.H, settings.A, settings.B, settings.LowerBounds, settings.UpperBounds])
    {
    }

    private QuadraticTemplate(QuadraticCoefficients?[] arguments)
    {
        _arguments = arguments;
        for (int i = 0; i < arguments.Length; i++)
        {
            CheckConstant(i);
        }

        CheckPair(2, 3);
        CheckPair(4, 5);
    }

    /// <summary>Names of the arguments, in the order of <see cref="QuadraticArguments"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Q", "P", "G", "H", "A", "B", "LowerBounds", "UpperBounds"];

    /// <summary>The arguments, in the same order; null where absent.</summary>
    public IReadOnlyList<QuadraticCoefficients?> Arguments => _arguments;

    /// <summary>Columns that the arguments are read from.</summary>
    public IReadOnlyList<string> ColumnNames => [.. _arguments.Select(argument => argument?.ColumnName).OfType<string>().Distinct()];

    /// <summary>The same, each with the argument that names it.</summary>
    public IEnumerable<(string Setting, string? Column)> Columns => Names.Zip(_arguments, (name, argument) => (name, argument?.ColumnName));

    /// <summary>Which arguments are the same for all rows, absent ones included.</summary>
    public bool[] AreConstant() => Array.ConvertAll(_arguments, argument => argument?.ColumnName is null);

    /// <summary>The input column whose slots a part of the solution corresponds to.</summary>
    public string? NameSource(SolutionPart part) => _arguments[part switch
    {
        SolutionPart.Multipliers => 3,
        SolutionPart.EqualityMultipliers => 5,
        _ => 1,
    }]?.ColumnName;

    /// <summary>Slot names of the columns that p, h and b are read from.</summary>
    public QuadraticNames NamesIn(DataViewSchema schema)
    {
        return new QuadraticNames(Names(SolutionPart.Solution), Names(SolutionPart.Multipliers), Names(SolutionPart.EqualityMultipliers));

        IReadOnlyList<string>? Names(SolutionPart part) => NameSource(part) is { } source ? SolutionColumns.SlotNames(schema[source]) : null;
    }

    /// <summary>Reports a constant Q that is not symmetric, and refuses one that makes every row non-convex.</summary>
    /// <exception cref="ArgumentException">Q has a negative eigenvalue.</exception>
    public void CheckQuadraticTerm(IChannel channel)
    {
        if (_arguments[0] is not { ColumnName: null, Shape: [int rows, int columns] } q || rows != columns || rows == 0)
        {
            return;
        }

        NativeBackend.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = tensor(q.Values, [rows, columns], ScalarType.Float64);
        double asymmetry = new QuadraticProblem(matrix, zeros(columns, ScalarType.Float64)).Asymmetry();
        if (asymmetry > 1e-12)
        {
            channel.Warning(string.Create(CultureInfo.InvariantCulture, $"Q is not symmetric (largest difference {asymmetry:G3} of its largest entry); its symmetric part is used."));
        }

        Tensor symmetric = matrix.Plus(matrix.t()) / 2.Held();
        if (!Convexity.Examine(symmetric, ScalarType.Float64).Convex.item<bool>())
        {
            double smallest = linalg.eigvalsh(symmetric)[0].item<double>();
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"Q is not positive semidefinite: its smallest eigenvalue is {smallest:G6}. Add at least its magnitude to the diagonal."));
        }
    }

    /// <exception cref="ArgumentException">A column is missing or does not hold numbers.</exception>
    public void CheckColumns(SchemaShape schema)
    {
        for (int i = 0; i < _arguments.Length; i++)
        {
            if (_arguments[i]?.ColumnName is { } name)
            {
                NumberColumns.Check(schema, Names[i], name);
            }
        }
    }

    public void Write(DocumentWriter writer)
    {
        for (int i = 0; i < _arguments.Length; i++)
        {
            _arguments[i]?.Write(writer, Names[i]);
        }
    }

    /// <exception cref="FormatException">An argument has an impossible shape.</exception>
    public static QuadraticTemplate Read(DocumentReader reader) => new([.. Names.Select(name => QuadraticCoefficients.Read(reader, name))]);

    private void CheckConstant(int index)
    {
        if (_arguments[index] is not { ColumnName: null } constant)
        {
            return;
        }

        bool fits = constant.Shape.Length switch
        {
            0 => !IsMatrix[index] || index == 0,
            1 => !IsMatrix[index],
            _ => IsMatrix[index],
        };
        if (!fits)
        {
            string given = constant.Shape.Length switch { 0 => "a number", 1 => "a vector", _ => "a matrix" };
            throw new ArgumentException($"{Names[index]} is {given}; it must be {(IsMatrix[index] ? "a matrix" : "a vector or a number")}, or the name of a column.", Names[index]);
        }

        if (constant.Values.Any(double.IsNaN) || (index is 0 or 1 or 2 or 4 or 5 && constant.Values.Any(double.IsInfinity)))
        {
            throw new ArgumentException($"{Names[index]} has an entry that is NaN, or infinite where that has no meaning.", Names[index]);
        }
    }

    private void CheckPair(int matrix, int vector)
    {
        if (_arguments[matrix] is null != _arguments[vector] is null)
        {
            throw new ArgumentException($"{Names[matrix]} and {Names[vector]} go together: give both or neither.", Names[_arguments[matrix] is null ? matrix : vector]);
        }
    }
}
