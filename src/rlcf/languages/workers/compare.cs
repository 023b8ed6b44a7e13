// A stand-in for the part of CompareNETObjects that mxeval's tests use: are two values equal,
// member by member and item by item? Not covered: its settings and its report of differences.
using System;
using System.Collections;
using System.Reflection;

namespace KellermanSoftware.CompareNetObjects
{
    public class ComparisonResult { public bool AreEqual { get; set; } }

    public class CompareLogic
    {
        public ComparisonResult Compare(object a, object b)
        {
            return new ComparisonResult { AreEqual = Same(a, b, 0) };
        }

        static bool Same(object a, object b, int depth)
        {
            if (a == null || b == null) return a == null && b == null;
            if (depth > 100) return false;
            Type type = a.GetType();
            if (type != b.GetType()) return false;
            if (type.IsPrimitive || type.IsEnum || a is string || a is decimal) return a.Equals(b);
            if (a is IDictionary)
            {
                IDictionary x = (IDictionary)a, y = (IDictionary)b;
                if (x.Count != y.Count) return false;
                foreach (object key in x.Keys)
                    if (!y.Contains(key) || !Same(x[key], y[key], depth + 1)) return false;
                return true;
            }
            if (a is IEnumerable)
            {
                IEnumerator x = ((IEnumerable)a).GetEnumerator(), y = ((IEnumerable)b).GetEnumerator();
                while (true)
                {
                    bool more = x.MoveNext();
                    if (more != y.MoveNext()) return false;
                    if (!more) return true;
                    if (!Same(x.Current, y.Current, depth + 1)) return false;
                }
            }
            foreach (PropertyInfo p in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                if (p.CanRead && p.GetIndexParameters().Length == 0
                    && !Same(p.GetValue(a, null), p.GetValue(b, null), depth + 1)) return false;
            foreach (FieldInfo f in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
                if (!Same(f.GetValue(a), f.GetValue(b), depth + 1)) return false;
            return true;
        }
    }
}
