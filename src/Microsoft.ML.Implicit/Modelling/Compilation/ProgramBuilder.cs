using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Collects variables, parameters and constraints while expressions are canonicalised.</summary>
internal sealed class ProgramBuilder
{
    // In the order in which their slacks stand.
    private static readonly ConeKind[] Kinds = [ConeKind.Zero, ConeKind.Nonnegative, ConeKind.SecondOrder, ConeKind.Semidefinite, ConeKind.Exponential];

    private readonly Dictionary<Variable, ProgramPart> _variables = [];
    private readonly Dictionary<Parameter, ProgramPart> _parameters = [];
    private readonly List<(ConeKind Kind, AffineForm Form, Constraint? Source, string Origin)> _constraints = [];
    private readonly QuadraticTerms _squares = new();
    private int _columns;
    private int _parameterCount;

    /// <summary>What is being canonicalised, as its user would call it.</summary>
    public string Origin { get; set; } = "";

    private IEnumerable<ProgramPart> Symbols => _variables.Values.Concat(_parameters.Values);

    public AffineForm Of(Variable variable)
    {
        if (!_variables.TryGetValue(variable, out ProgramPart? part))
        {
            RequireNew(Symbols, variable.Name, "variables or parameters");
            part = new ProgramPart(variable.Name, _columns, variable.Rows, variable.Columns);
            _variables.Add(variable, part);
            AffineForm form = CreateVariable(variable.Size);
            if (variable.Sign != Sign.Unknown)
            {
                bool isNonnegative = variable.Sign == Sign.Nonnegative;
                _constraints.Add((ConeKind.Nonnegative, form.Times(isNonnegative ? 1 : -1), null, $"{variable.Name} {(isNonnegative ? ">=" : "<=")} 0"));
            }
        }

        return Entries(part, column => new AffineTerm(column - part.Start, column, AffineTerm.None, 1));
    }

    public AffineForm Of(Parameter parameter)
    {
        if (!_parameters.TryGetValue(parameter, out ProgramPart? part))
        {
            RequireNew(Symbols, parameter.Name, "variables or parameters");
            part = new ProgramPart(parameter.Name, _parameterCount, parameter.Rows, parameter.Columns, Sign: parameter.Sign);
            _parameters.Add(parameter, part);
            _parameterCount += parameter.Size;
        }

        return Entries(part, index => new AffineTerm(index - part.Start, AffineTerm.None, index, 1));
    }

    /// <summary>Variables of the program's own.</summary>
    public AffineForm CreateVariable(int size)
    {
        int start = _columns;
        _columns += size;
        return new AffineForm(size, [.. Enumerable.Range(0, size).Select(i => new AffineTerm(i, start + i, AffineTerm.None, 1))]);
    }

    /// <summary>Holds a form in a cone.</summary>
    public void Constrain(ConeKind kind, AffineForm form, Constraint? source = null) => _constraints.Add((kind, form, source, Origin));

    /// <summary>Adds Σ weightᵢ xᵢ² to the objective.</summary>
    public void AddSquares(AffineForm x, AffineForm weights)
    {
        // Multiplied out, coefficients would be quadratic in parameters, or more than the entries had.
        if (x.Terms.Any(term => term.Parameter != AffineTerm.None) || x.Terms.Select(term => term.Column).Distinct().Count() > 2 * x.Size)
        {
            _squares.Add(Separate(x), weights);
            return;
        }

        if (!x.Terms.Any(term => term.Column == AffineTerm.None))
        {
            _squares.Add(x, weights);
            return;
        }

        if (SquareReduction.HasFarColumns(x))
        {
            _squares.Add(Separate(x), weights);
            return;
        }

        // Or squares of large constants, beside which what is left of the entries is rounding.
        (AffineForm fewer, AffineForm theirs) = SquareReduction.Reduce(x, weights);
        if (SquareReduction.IsFarFromZero(x, fewer))
        {
            _squares.Add(Separate(fewer), theirs);
        }
        else if (fewer.Terms.Count < x.Terms.Count)
        {
            _squares.Add(x, weights, fewer, theirs);
        }
        else
        {
            _squares.Add(x, weights);
        }
    }

    /// <summary>Entries as variables of their own, which then have units of their own; those without variables or parameters stay.</summary>
    public AffineForm Separate(AffineForm x)
    {
        int[] entries = [.. x.Terms.Where(term => term.Column != AffineTerm.None || term.Parameter != AffineTerm.None).Select(term => term.Entry).Distinct().Order()];
        Dictionary<int, int> places = entries.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        AffineForm own = CreateVariable(entries.Length);
        Constrain(ConeKind.Zero, own.Minus(new AffineForm(entries.Length, [.. x.Terms.Where(term => places.ContainsKey(term.Entry)).Select(term => term with { Entry = places[term.Entry] })])));
        return new AffineForm(x.Size, [.. own.Terms.Select(term => term with { Entry = entries[term.Entry] }), .. x.Terms.Where(term => !places.ContainsKey(term.Entry))]);
    }

    /// <summary>Builds the program.</summary>
    /// <param name="cost">What is to be small.</param>
    /// <param name="maximizes">Whether that is the negation of the objective.</param>
    public CompiledProgram Build(AffineForm cost, bool maximizes)
    {
        List<Cone> cones = [];
        List<ProgramPart> multipliers = [], origins = [];
        List<(int Row, int Column, int Parameter, double Value)> a = [];
        List<(int Entry, int Parameter, double Value)> b = [];
        bool isExtensible = false;
        int row = 0;
        foreach ((ConeKind kind, AffineForm form, Constraint? source, string origin) in Kinds.SelectMany(kind => _constraints.Where(constraint => constraint.Kind == kind)))
        {
            foreach (AffineTerm term in form.Terms)
            {
                // s = b − A x is the form.
                if (term.Column == AffineTerm.None)
                {
                    b.Add((row + term.Entry, term.Parameter + 1, term.Value));
                }
                else
                {
                    a.Add((row + term.Entry, term.Column, term.Parameter + 1, -term.Value));
                }
            }

            if (source?.Name is { } name)
            {
                RequireNew(multipliers, name, "constraints");
                multipliers.Add(new ProgramPart(name, row, source.Rows, source.Columns, kind == ConeKind.Semidefinite));
            }

            cones.Add(ToCone(kind, form.Size));
            // Rows of functions that follow each other and have one origin are one part, apart from those of a constraint itself: these are its entries.
            if (isExtensible && source is null && origins[^1].Name == origin)
            {
                origins[^1] = origins[^1] with { Rows = origins[^1].Rows + form.Size };
            }
            else
            {
                origins.Add(new ProgramPart(origin, row, form.Size, 1));
            }

            isExtensible = source is null;
            row += form.Size;
        }

        return new CompiledProgram
        {
            Columns = _columns,
            Maximizes = maximizes,
            Cones = Merge(cones),
            Variables = [.. _variables.Values],
            Parameters = [.. _parameters.Values],
            Multipliers = multipliers,
            Origins = origins,
            P = MatrixMap.Create(_columns, _columns, [.. _squares.Hessian.Select(term => (term.Row, term.Column, term.Parameter + 1, term.Value))]),
            Q = CostsOf(cost.Plus(_squares.Rest)),
            A = MatrixMap.Create(row, _columns, a),
            B = ParameterMap.Create(row, b),
            Offset = ParameterMap.Create(1, cost.Terms.Where(term => term.Column == AffineTerm.None).Select(term => (0, term.Parameter + 1, term.Value))),
            Objective = new WrittenObjective(CostsOf(cost), _squares.Build(_columns)),
        };
    }

    private ParameterMap CostsOf(AffineForm cost) =>
        ParameterMap.Create(_columns, cost.Terms.Where(term => term.Column != AffineTerm.None).Select(term => (term.Column, term.Parameter + 1, term.Value)));

    private static AffineForm Entries(ProgramPart part, Func<int, AffineTerm> term) => new(part.Size, [.. Enumerable.Range(part.Start, part.Size).Select(term)]);

    private static void RequireNew(IEnumerable<ProgramPart> parts, string name, string noun)
    {
        if (parts.Any(part => part.Name == name))
        {
            throw new ArgumentException($"Two {noun} of the program are named '{name}'.");
        }
    }

    private static Cone ToCone(ConeKind kind, int dimension) => kind switch
    {
        ConeKind.Zero => Cone.Zero(dimension),
        ConeKind.Nonnegative => Cone.Nonnegative(dimension),
        ConeKind.SecondOrder => Cone.SecondOrder(dimension),
        ConeKind.Semidefinite => Cone.Semidefinite((int)Math.Sqrt(2 * dimension)),
        _ => Cone.Exponential(dimension / 3),
    };

    // Products of the kinds that are products anyway become one.
    private static List<Cone> Merge(List<Cone> cones)
    {
        List<Cone> merged = [];
        foreach (Cone cone in cones)
        {
            if (merged.Count > 0 && merged[^1].Kind == cone.Kind && cone.Kind is not (ConeKind.SecondOrder or ConeKind.Semidefinite))
            {
                merged[^1] = ToCone(cone.Kind, merged[^1].Dimension + cone.Dimension);
            }
            else
            {
                merged.Add(cone);
            }
        }

        return merged;
    }
}
