using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Onnx;

/// <summary>The part of an ONNX file that one transformer adds: constants, nodes, and the columns that they make.</summary>
/// <remarks>
/// Nodes are of opset 12, the newest that ML.NET's converter writes. While the body of a loop is built, nodes go there; a body sees the
/// values of the graph around it. Constants always stand in the outermost graph.
/// </remarks>
internal sealed class OnnxGraph
{
    private const int OpsetVersion = 12;

    private readonly OnnxContext _context;
    private readonly string _prefix;
    private readonly Dictionary<(OnnxType, double), OnnxValue> _numbers = [];
    private readonly Dictionary<string, Action<string>> _unusedConstants = [];
    private OnnxBody? _body;
    private int _count;

    /// <param name="context">The file that is written.</param>
    /// <param name="name">What the part is called in it.</param>
    public OnnxGraph(OnnxContext context, string name)
    {
        context.CheckOpSetVersion(OpsetVersion, name);
        _context = context;

        // A name that no column has, taken so that a second transformer of the kind gets another.
        _prefix = context.AddIntermediateVariable(null, $"implicit/{name}", skip: true);
    }

    /// <summary>A column of the data that comes in: a vector, or a scalar as a vector of length one.</summary>
    /// <returns>[rows, length].</returns>
    public OnnxValue Column(string name, OnnxType type = OnnxType.Single) => Variable(_context.GetVariableName(name), type);

    /// <summary>What ML.NET's converter has under a name in the file: a vector, or a scalar as a vector of length one.</summary>
    /// <returns>[rows, length].</returns>
    public OnnxValue Variable(string name, OnnxType type = OnnxType.Single) => new OnnxValue(this, name, type).Flatten();

    /// <summary>Makes a column of a value.</summary>
    /// <param name="column">Name and type of the column.</param>
    /// <param name="value">[rows, length]; converted to the column's element type.</param>
    public void AddColumn(DataViewSchema.DetachedColumn column, OnnxValue value)
    {
        OnnxType type = TypeOf(column.Type.GetItemType().RawType);
        if (column.Type is VectorDataViewType { Dimensions.Length: > 1 } vector)
        {
            value = value.Reshape([0, .. vector.Dimensions.Select(size => (long)size)]);
        }

        Assign(_context.AddIntermediateVariable(column.Type, column.Name), value, type);
    }

    /// <summary>Gives a value, converted to a type, the name that ML.NET's converter has for it in the file.</summary>
    public void Assign(string variable, OnnxValue value, OnnxType type)
    {
        if (type == value.Type)
        {
            Emit("Identity", [value.Name], [variable], []);
        }
        else
        {
            Emit("Cast", [value.Name], [variable], [OnnxAttribute.Integer("to", (long)type)]);
        }
    }

    /// <summary>A number that is broadcast, of shape [1].</summary>
    public OnnxValue Number(double value, OnnxType type = OnnxType.Single)
    {
        if (!_numbers.TryGetValue((type, value), out OnnxValue? number))
        {
            number = type == OnnxType.Int64 ? Constant([(long)value], 1) : Constant([value], type, 1);
            _numbers.Add((type, value), number);
        }

        return number;
    }

    /// <summary>Numbers of float32 or float64.</summary>
    public OnnxValue Constant(double[] values, OnnxType type, params long[] shape) => type == OnnxType.Double
        ? Constant(type, name => _context.AddInitializer(values, shape, name))
        : Constant(type, name => _context.AddInitializer(Array.ConvertAll(values, value => (float)value), shape, name));

    public OnnxValue Constant(long[] values, params long[] shape) => Constant(OnnxType.Int64, name => _context.AddInitializer(values, shape, name));

    public OnnxValue Constant(string[] values, params long[] shape) => Constant(OnnxType.Text, name => _context.AddInitializer(values, shape, name));

    /// <summary>A tensor of at least one dimension, in another precision where one is given.</summary>
    public OnnxValue Constant(Tensor value, OnnxType? precision = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor local = value.detach().cpu().contiguous();
        return local.dtype == ScalarType.Int64
            ? Constant(local.data<long>().ToArray(), local.shape)
            : Constant(local.to(ScalarType.Float64).data<double>().ToArray(), precision ?? (local.dtype == ScalarType.Float64 ? OnnxType.Double : OnnxType.Single), local.shape);
    }

    /// <summary>The identity matrix, [1, size, size].</summary>
    public OnnxValue Identity(int size, OnnxType type) =>
        Constant([.. Enumerable.Range(0, size * size).Select(i => i % (size + 1) == 0 ? 1.0 : 0.0)], type, 1, size, size);

    /// <summary>A tensor with one entry a row that repeats a value.</summary>
    /// <param name="value">What is repeated, of a shape that broadcasts to <paramref name="shape"/>.</param>
    /// <param name="rows">A value whose first dimension is the number of rows.</param>
    /// <param name="shape">Shape of one row.</param>
    public OnnxValue PerRow(OnnxValue value, OnnxValue rows, params long[] shape) =>
        Node("Expand", [value, OnnxValue.Concatenate(0, rows.Size(0), Constant(shape, shape.Length))], value.Type);

    /// <summary>Repeats a body.</summary>
    /// <param name="maximum">Repetitions at most.</param>
    /// <param name="initial">What the first repetition starts from.</param>
    /// <param name="build">From the number of the repetition, from 0, and the state to whether to go on and the next state, types and ranks as before.</param>
    /// <returns>The last state.</returns>
    public OnnxValue[] Loop(long maximum, OnnxValue[] initial, Func<OnnxValue, OnnxValue[], (OnnxValue? Continue, OnnxValue[] Next)> build)
    {
        OnnxBody? outer = _body;
        var body = new OnnxBody(NewName("body"));
        _body = body;
        OnnxValue iteration = body.AddInput(new OnnxValue(this, NewName("iteration"), OnnxType.Int64), isScalar: true);
        OnnxValue condition = body.AddInput(new OnnxValue(this, NewName("condition"), OnnxType.Boolean), isScalar: true);
        OnnxValue[] state = Array.ConvertAll(initial, value => body.AddInput(new OnnxValue(this, NewName("state"), value.Type)));
        (OnnxValue? proceed, OnnxValue[] next) = build(iteration, state);

        // Each output needs a name that a node of the body gives.
        foreach (OnnxValue output in (OnnxValue[])[proceed ?? condition, .. next])
        {
            body.AddOutput(Node("Identity", [output], output.Type));
        }

        _body = outer;
        OnnxValue limit = Constant(OnnxType.Int64, name => _context.AddInitializer(maximum, name));
        OnnxValue begin = Constant(OnnxType.Boolean, name => _context.AddInitializer(true, name));
        return Nodes("Loop", [limit, begin, .. initial], Array.ConvertAll(initial, value => value.Type), OnnxAttribute.Graph("body", body.ToMessage()));
    }

    /// <summary>Adds a node with one output.</summary>
    public OnnxValue Node(string operation, IReadOnlyList<OnnxValue> inputs, OnnxType type, params OnnxAttribute[] attributes) =>
        Nodes(operation, inputs, [type], attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    public OnnxValue[] Nodes(string operation, IReadOnlyList<OnnxValue> inputs, OnnxType[] types, params OnnxAttribute[] attributes)
    {
        OnnxValue[] outputs = Array.ConvertAll(types, type => new OnnxValue(this, NewName(operation), type));
        Emit(operation, [.. inputs.Select(input => input.Name)], [.. outputs.Select(output => output.Name)], attributes);
        return outputs;
    }

    private static OnnxType TypeOf(Type type) => type switch
    {
        _ when type == typeof(bool) => OnnxType.Boolean,
        _ when type == typeof(double) => OnnxType.Double,
        _ when type == typeof(uint) => OnnxType.UInt32,
        _ when type == typeof(float) => OnnxType.Single,
        _ when type == typeof(ReadOnlyMemory<char>) => OnnxType.Text,
        _ => throw new NotSupportedException($"A column of {type.Name} has no ONNX form here."),
    };

    // A constant that nothing uses does not come into the file.
    private OnnxValue Constant(OnnxType type, Action<string> write)
    {
        string name = NewName("constant");
        _unusedConstants.Add(name, write);
        return new OnnxValue(this, name, type);
    }

    private void Emit(string operation, string[] inputs, string[] outputs, OnnxAttribute[] attributes)
    {
        foreach (string input in inputs)
        {
            if (_unusedConstants.Remove(input, out Action<string>? write))
            {
                write(input);
            }
        }

        string name = NewName("node");
        if (_body is not null)
        {
            _body.AddNode(operation, inputs, outputs, name, attributes);
            return;
        }

        OnnxNode node = _context.CreateNode(operation, inputs, outputs, name, "");
        if (attributes.Length > 0)
        {
            NodeMessage.Merge(node, OnnxBody.EncodeAttributes(attributes));
        }
    }

    private string NewName(string kind) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}/{kind}{_count++}");
}
