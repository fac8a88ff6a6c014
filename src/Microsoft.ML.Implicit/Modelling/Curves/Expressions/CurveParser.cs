using System.Globalization;

namespace Microsoft.ML.Implicit.Modelling.Curves.Expressions;

/// <summary>Reads an expression: sums and differences of products and quotients of powers, with functions, numbers, names and brackets.</summary>
internal sealed class CurveParser
{
    private const int DeepestNesting = 200;

    private static readonly Dictionary<string, CurveOperation> UnaryFunctions = new()
    {
        ["exp"] = CurveOperation.Exp,
        ["log"] = CurveOperation.Log,
        ["sqrt"] = CurveOperation.Sqrt,
        ["abs"] = CurveOperation.Abs,
        ["sin"] = CurveOperation.Sin,
        ["cos"] = CurveOperation.Cos,
        ["tan"] = CurveOperation.Tan,
        ["atan"] = CurveOperation.Atan,
        ["sinh"] = CurveOperation.Sinh,
        ["cosh"] = CurveOperation.Cosh,
        ["tanh"] = CurveOperation.Tanh,
    };

    private static readonly Dictionary<string, CurveOperation> BinaryFunctions = new()
    {
        ["pow"] = CurveOperation.Power,
        ["min"] = CurveOperation.Minimum,
        ["max"] = CurveOperation.Maximum,
    };

    private readonly string _text;
    private readonly IReadOnlyList<string> _inputs;
    private readonly List<string> _parameters = [];
    private int _position;
    private int _depth;

    private CurveParser(string text, IReadOnlyList<string> inputs) => (_text, _inputs) = (text, inputs);

    /// <exception cref="FormatException">The text is no expression; the message says where and why.</exception>
    public static (CurveGraph Graph, IReadOnlyList<string> Parameters) Parse(string text, IReadOnlyList<string> inputs)
    {
        var parser = new CurveParser(text, inputs);
        int root = parser.Sum();
        if (parser.Peek() != '\0')
        {
            throw parser.Wrong($"'{parser.Peek()}' is not expected");
        }

        parser.Graph.Root = root;
        return (parser.Graph, parser._parameters);
    }

    public static bool IsFunction(string name) => UnaryFunctions.ContainsKey(name) || BinaryFunctions.ContainsKey(name);

    private CurveGraph Graph { get; } = new();

    private int Sum()
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"brackets are nested more than {DeepestNesting} deep");
        }

        int left = Product();
        for (; ; )
        {
            if (Take('+'))
            {
                left = Graph.Binary(CurveOperation.Add, left, Product());
            }
            else if (Take('-'))
            {
                left = Graph.Binary(CurveOperation.Subtract, left, Product());
            }
            else
            {
                _depth--;
                return left;
            }
        }
    }

    private int Product()
    {
        int left = Signed();
        for (; ; )
        {
            if (Take('*'))
            {
                left = Graph.Binary(CurveOperation.Multiply, left, Signed());
            }
            else if (Take('/'))
            {
                left = Graph.Binary(CurveOperation.Divide, left, Signed());
            }
            else
            {
                return left;
            }
        }
    }

    // −x² is −(x²), and 2^−x a power with a negative exponent.
    private int Signed()
    {
        bool isNegative = false;
        for (; ; )
        {
            if (Take('-'))
            {
                isNegative = !isNegative;
            }
            else if (!Take('+'))
            {
                break;
            }
        }

        int power = Power();
        return isNegative ? Graph.Unary(CurveOperation.Negate, power) : power;
    }

    private int Power()
    {
        int left = Atom();
        if (!Take('^'))
        {
            return left;
        }

        if (++_depth > DeepestNesting)
        {
            throw Wrong($"powers are nested more than {DeepestNesting} deep");
        }

        int right = Signed();
        _depth--;
        return Graph.Binary(CurveOperation.Power, left, right);
    }

    private int Atom()
    {
        if (Take('('))
        {
            int inner = Sum();
            Require(')');
            return inner;
        }

        char next = Peek();
        return char.IsAsciiDigit(next) || next == '.' ? Literal()
            : char.IsLetter(next) || next == '_' ? Named()
            : throw Wrong(next == '\0' ? "something is missing at its end" : $"'{next}' is not expected");
    }

    private int Literal()
    {
        int start = _position;
        SkipWhile(c => char.IsAsciiDigit(c) || c == '.');
        if (_position < _text.Length && _text[_position] is 'e' or 'E')
        {
            int sign = _position + 1 < _text.Length && _text[_position + 1] is '+' or '-' ? 2 : 1;
            if (_position + sign < _text.Length && char.IsAsciiDigit(_text[_position + sign]))
            {
                _position += sign;
                SkipWhile(char.IsAsciiDigit);
            }
        }

        return double.TryParse(_text.AsSpan(start, _position - start), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? Graph.Number(value)
            : throw Wrong($"'{_text[start.._position]}' is no number");
    }

    private int Named()
    {
        int start = _position;
        SkipWhile(c => char.IsLetterOrDigit(c) || c == '_');
        string name = _text[start.._position];
        if (Peek() == '(')
        {
            return Call(name);
        }

        if (name == "pi")
        {
            return Graph.Number(Math.PI);
        }

        for (int i = 0; i < _inputs.Count; i++)
        {
            if (_inputs[i] == name)
            {
                return Graph.Leaf(CurveOperation.Input, i);
            }
        }

        if (IsFunction(name))
        {
            throw Wrong($"the function '{name}' has no argument");
        }

        int index = _parameters.IndexOf(name);
        if (index < 0)
        {
            index = _parameters.Count;
            _parameters.Add(name);
        }

        return Graph.Leaf(CurveOperation.Parameter, index);
    }

    private int Call(string name)
    {
        Require('(');
        int result = Sum();
        if (UnaryFunctions.TryGetValue(name, out CurveOperation unary))
        {
            result = Graph.Unary(unary, result);
        }
        else if (BinaryFunctions.TryGetValue(name, out CurveOperation binary))
        {
            Require(',');
            result = Graph.Binary(binary, result, Sum());
            while (binary != CurveOperation.Power && Take(','))
            {
                result = Graph.Binary(binary, result, Sum());
            }
        }
        else
        {
            throw Wrong($"there is no function '{name}'; there are {string.Join(", ", UnaryFunctions.Keys.Concat(BinaryFunctions.Keys))}");
        }

        Require(')');
        return result;
    }

    private char Peek()
    {
        SkipWhile(char.IsWhiteSpace);
        return _position < _text.Length ? _text[_position] : '\0';
    }

    private bool Take(char expected)
    {
        if (Peek() != expected)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Require(char expected)
    {
        if (!Take(expected))
        {
            throw Wrong($"'{expected}' is expected");
        }
    }

    private void SkipWhile(Func<char, bool> belongs)
    {
        while (_position < _text.Length && belongs(_text[_position]))
        {
            _position++;
        }
    }

    private FormatException Wrong(string reason) => new($"'{_text}' is not an expression: {reason} (position {_position + 1}).");
}
